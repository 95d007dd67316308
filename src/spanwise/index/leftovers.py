"""What interrupted runs leave in the folder of an index."""

import os
from collections.abc import Iterable
from pathlib import Path

from spanwise.index.catalogue import CATALOGUE
from spanwise.index.vectors import FOLDER

LOG = f"{CATALOGUE}-wal"
_UNFINISHED = (f"{CATALOGUE}.new", f"{CATALOGUE}.repaired")


def unnamed_files(folder: Path, named: Iterable[str]) -> list[Path]:
    """
    Return the files that belong to no commit: vectors that none names, and catalogues that were never finished.

    :param named: Names of the vector and FAISS files of the manifest.
    """
    vectors = folder / FOLDER
    present = sorted(os.scandir(vectors), key=lambda entry: entry.name) if vectors.is_dir() else []
    kept = set(named)
    found = [vectors / entry.name for entry in present if entry.name not in kept and entry.is_file()]
    return found + [file for file in sorted(folder.iterdir()) if file.name.startswith(_UNFINISHED)]


def log_bytes(folder: Path) -> int:
    """Return the size of the log of commits that are not folded into the catalogue yet."""
    log = folder / LOG
    return log.stat().st_size if log.exists() else 0
