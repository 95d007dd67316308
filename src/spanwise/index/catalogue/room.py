"""Room on a disk: how much there is, and whether long work has enough of it."""

import os
import shutil
from pathlib import Path

from spanwise.errors import IndexStateError
from spanwise.text.pluralize import megabytes


def free_bytes(folder: Path) -> int:
    """Return how much of a disk the user may still fill; a folder that is to be made is on that of its parent."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def require_room_to_rewrite(folder: Path, catalogue: int, others: int, doing: str) -> None:
    """
    Refuse to rewrite an index for which the disk has no room.

    SQLite writes the catalogue to a temporary file, and from there into the log.

    :param folder: The index's folder.
    :param catalogue: Bytes of its catalogue.
    :param others: About how many bytes are written beside it.
    :raises IndexStateError: If there are fewer there, or where temporary files are.
    """
    temporary = _temporary_folder()
    if temporary.stat().st_dev == folder.stat().st_dev:
        require_room(folder, folder, 2 * catalogue + others, doing)
    else:
        require_room(folder, folder, catalogue + others, doing)
        require_room(temporary, folder, catalogue, doing)


def require_room(place: Path, folder: Path, needed: int, doing: str) -> None:
    """
    Refuse long work for which a disk has no room.

    :param place: A folder of the disk.
    :param folder: The index's folder.
    :param needed: About how many bytes it takes.
    :raises IndexStateError: If there are fewer.
    """
    free = free_bytes(place)
    if free < needed:
        other = "" if place == folder else ", or name a folder on another disk in the variable SQLITE_TMPDIR"
        msg = (
            f"expected {megabytes(needed)} free on the disk of {place} for {doing} the index in {folder}, found "
            f"{megabytes(free)}: nothing was changed; free some space{other}, and run the same command again"
        )
        raise IndexStateError(msg)


def _temporary_folder() -> Path:
    """Return where SQLite puts its temporary files."""
    named = (os.environ.get(name) for name in ("SQLITE_TMPDIR", "TMPDIR", "TEMP"))
    folders = (Path(name) for name in (*named, "/var/tmp", "/usr/tmp", "/tmp") if name)
    return next((folder for folder in folders if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)), Path())
