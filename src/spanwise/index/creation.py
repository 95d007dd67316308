"""Making the folder of a new index."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from spanwise.errors import IndexStateError
from spanwise.files.durable import sync_path
from spanwise.files.failpoint import failpoint
from spanwise.index.catalogue.connections import CATALOGUE, LOGS, create
from spanwise.index.catalogue.failures import translated
from spanwise.index.lock import LOCK, WriterLock
from spanwise.index.vectors import VECTORS
from spanwise.types import EmbedderIdentity

IGNORE = ".gitignore"
_OURS = {LOCK, IGNORE, VECTORS, *(f"{CATALOGUE}.new{suffix}" for suffix in ("", *LOGS))}
"""What an interrupted making leaves."""


def make_index(
    folder: Path,
    *,
    embedder: EmbedderIdentity | None = None,
    splitter: dict[str, Any] | None = None,
    wait_s: float = 0.0,
    exist_ok: bool = False,
) -> None:
    """
    Make an empty index, in a folder that only its owner can read; it appears whole, or not at all.

    :param wait_s: Seconds to wait for another process that is making it.
    :param exist_ok: Whether to leave an index that is there already as it is.
    :raises IndexStateError: If the folder holds anything else, or cannot be written.
    """
    with translated(folder):
        parents = _make_folder(folder)
        failpoint("folder made")
        _check_empty(folder, exist_ok=exist_ok)
        lock = WriterLock(folder)
        lock.acquire(wait_s=wait_s)
        try:
            _check_empty(folder, exist_ok=exist_ok)
            if (folder / CATALOGUE).exists():
                return
            with suppress(FileExistsError), (folder / IGNORE).open("x", encoding="utf-8") as ignore:
                ignore.write("*\n")
            (folder / VECTORS).mkdir(exist_ok=True)
            create(folder, {"embedder": None if embedder is None else embedder.to_dict(), "splitter": splitter})
            for parent in parents:
                sync_path(parent)
            failpoint("parents synced")
        finally:
            lock.release()


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder with those it is in; returns what is to be synced so that all of them last."""
    folder = folder.absolute()
    parents = list(folder.parents)
    made = sum(not parent.exists() for parent in parents)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # it will hold whole texts: nobody else is to read them
    return parents[: made + 1]


def _check_empty(folder: Path, *, exist_ok: bool) -> None:
    if (folder / CATALOGUE).exists():
        if exist_ok:
            return
        msg = f"there is an index in {folder} already: open it, or give another folder"
        raise IndexStateError(msg)
    other = sorted({entry.name for entry in folder.iterdir()} - _OURS)
    if other and not (folder / CATALOGUE).exists():  # it may have come in between
        msg = f"expected a new or empty folder for an index, {folder} holds {other[0]}: give another folder"
        raise IndexStateError(msg)
