"""Writing files and folders so that they are whole and on the disk, or not there at all."""

import os
from contextlib import suppress
from pathlib import Path


def write_durably(file: Path, content: bytes) -> None:
    """
    Write a file under another name, sync it, and give it its name.

    :raises OSError: If the disk refuses; what was there before then stays.
    """
    temporary = file.with_name(f"{file.name}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def sync(path: Path) -> None:
    """Have the disk hold a file's bytes, or a folder's entries."""
    if os.name == "nt" and path.is_dir():  # Windows cannot open a folder, and needs no such sync
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
