"""What interrupted runs leave in the folder of an index."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from spanwise.index.care.health import Finding
from spanwise.index.catalogue import CATALOGUE
from spanwise.index.vectors import FOLDER

LOG = f"{CATALOGUE}-wal"
_UNFINISHED = (f"{CATALOGUE}.new", f"{CATALOGUE}.repaired")


def unnamed_files(folder: Path, named: Callable[[], Iterable[str]]) -> list[Path]:
    """
    Return the files that belong to no commit: vectors that none names, and catalogues that were never finished.

    :param named: Reads the names of the vector and FAISS files of the newest commit; called after the look at the
        folder, so that what is committed in between is not taken for one of them.
    """
    vectors = folder / FOLDER
    present = [entry for entry in os.scandir(vectors) if entry.is_file()] if vectors.is_dir() else []
    unfinished = [file for file in folder.iterdir() if file.name.startswith(_UNFINISHED)]
    kept = set(named())
    return sorted(vectors / entry.name for entry in present if entry.name not in kept) + sorted(unfinished)


def leftover_findings(folder: Path, named: Callable[[], Iterable[str]]) -> Iterator[Finding]:
    """Say what is left over; of no use while another process is writing."""
    for file in unnamed_files(folder, named):
        with suppress(FileNotFoundError):  # its writer was not done with it
            size = file.stat().st_size
            name = file.relative_to(folder).as_posix()
            yield Finding("leftover", "leftovers", f"{name}: {size:,} bytes, part of no commit")
    size = log_bytes(folder)
    if size:
        message = f"{LOG}: {size:,} bytes of log, which the last to close the index moves into the catalogue"
        yield Finding("leftover", "leftovers", message)


def log_bytes(folder: Path) -> int:
    """Return the size of the log of commits that are not moved into the catalogue yet."""
    log = folder / LOG
    return log.stat().st_size if log.exists() else 0
