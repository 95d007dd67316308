"""`spanwise open`: the citations of the last answer, in the desktop's own program; the question is not kept."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument

from spanwise.cli.output import note
from spanwise.errors import SpanwiseError, UsageError
from spanwise.files.state import state_folder

if TYPE_CHECKING:
    from rich.text import Text

    from spanwise.index.roots import Roots
    from spanwise.types import Citation

_KEPT = "last-answer.json"


@dataclass(frozen=True, slots=True)
class Followed:
    """
    A citation that can be opened.

    :param shown: The file and where in it, as it was shown.
    :param path: The file on the disk, or None if that is not known.
    :param url: Where it is in a store, or None.
    """

    shown: str
    path: Path | None
    url: str | None = None


def followed(citations: "Sequence[Citation]", roots: "Roots") -> list[Followed]:
    """Return citations as they can be opened."""
    from spanwise.text.shown import place_of

    return [Followed(place_of(one), roots.path_of(one.file), roots.url_of(one.file)) for one in citations]


def cited_line(number: int, citation: Followed, page: int | None) -> "Text":
    """Return a citation with its number, linked to its file, a PDF at its page, where its place is known."""
    from rich.text import Text

    path, link = citation.path, ""
    if path is not None and path.is_absolute():
        at = f"#page={page}" if page is not None and path.suffix.lower() == ".pdf" else ""
        link = f"link {path.as_uri()}{at}"
    return Text.assemble((f"[{number}] ", "dim"), (citation.shown, f"dim {link}"))


def keep(citations: Sequence[Followed]) -> None:
    """Keep citations in their order, for this user only; where nothing can be written, nothing is kept."""
    folder = state_folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / f"{_KEPT}.{os.getpid()}"
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump([[one.shown, None if one.path is None else str(one.path), one.url] for one in citations], file)
        part.replace(folder / _KEPT)


def kept() -> list[Followed]:
    """
    Return the citations of the last answer, in the order in which they were shown.

    :raises SpanwiseError: If none are kept.
    """
    folder = state_folder()
    try:
        found = [] if folder is None else json.loads((folder / _KEPT).read_bytes())
        citations = [Followed(str(shown), None if path is None else Path(path), *url) for shown, path, *url in found]
    except (OSError, ValueError, TypeError):
        citations = []
    if not citations:
        msg = 'expected an answer whose citations can be opened, found none; ask first: spanwise ask "QUESTION"'
        raise SpanwiseError(msg)
    return citations


def choose(citations: Sequence[Followed], number: int) -> Followed:
    """
    Return one of the citations, counted from 1.

    :raises UsageError: If there are not so many.
    """
    if not 1 <= number <= len(citations):
        msg = f"expected the number of a citation from 1 to {len(citations)}, found {number}"
        raise UsageError(msg)
    return citations[number - 1]


def open_citation(
    number: Annotated[int, Argument(metavar="N", help="The citation's number, as the answer showed it.")] = 1,
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
