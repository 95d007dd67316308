"""`spanwise open`: a cited file in the desktop's own program."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from spanwise.cli.asking.last_answer import Followed, choose, kept
from spanwise.cli.output import note
from spanwise.errors import SpanwiseError


def open_citation(
    number: Annotated[int, typer.Argument(metavar="N", help="The citation's number, as the answer showed it.")] = 1,
) -> None:
    """
    Open a citation of the last answer in the desktop's program.

    Examples:
        spanwise open 2

    """
    open_file(choose(kept(), number))


def _is_document(path: Path) -> bool:
    """Whether a desktop shows a file rather than running it; an index from somebody else may name any file."""
    from spanwise.convert.kinds import is_document

    runs = not path.suffix and sys.platform != "win32" and os.access(path, os.X_OK)
    return is_document(path.name) and not runs


def open_file(citation: Followed) -> None:
    """
    Open a cited file with xdg-open, open or start, whichever the system has.

    :raises SpanwiseError: If the file is gone or elsewhere, is no document, or there is nothing to open it with.
    """
    if citation.url is not None:
        msg = f"expected a file of this machine, found {citation.url}, which is elsewhere; `spanwise show` has its text"
        raise SpanwiseError(msg)
    if citation.path is None or not citation.path.is_file():
        msg = f"expected the file of {citation.shown}, found none at {citation.path}; `spanwise index` finds it anew"
        raise SpanwiseError(msg)
    if not _is_document(citation.path):
        msg = f"expected a document, found {citation.path}, which a desktop might run; open it yourself if you trust it"
        raise SpanwiseError(msg)
    note(f"opening {citation.shown}")
    if sys.platform == "win32":
        os.startfile(citation.path)
        return
    program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if program is None:
        msg = f"expected xdg-open to open files with, found none; install xdg-utils, or open {citation.path} yourself"
        raise SpanwiseError(msg)
    ran = subprocess.run([program, citation.path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if ran.returncode:
        msg = f"expected {program} to open {citation.path}, it ended with {ran.returncode}; open the file yourself"
        raise SpanwiseError(msg)
