"""Writing files so that they are whole and on the disk, or not there at all."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spanwise.files.failpoint import failpoint


def sync_path(path: Path) -> None:
    """Have the disk hold a file's bytes, or a folder's entries."""
    if os.name == "nt" and path.is_dir():  # Windows cannot open a folder, and needs no such sync
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class NewFile:
    """
    A file that is being written.

    :param descriptor: Of the file, open for writing.
    :param what: Names its failpoints.
    """

    def __init__(self, descriptor: int, what: str) -> None:
        self._descriptor = descriptor
        self._what = what
        self._digest = hashlib.sha256()
        self.bytes = 0

    @property
    def sha256(self) -> str:
        """Hex digest of what was written."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Append `data`, all of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._digest.update(data)
        self.bytes += len(data)
        failpoint(f"{self._what} written")


@contextmanager
def new_file(file: Path, what: str) -> Iterator[NewFile]:
    """
    Write a file under a temporary name; when the block is done, sync it and give it its name.

    :param what: Names the failpoints passed on the way: "<what> opened", "written", "synced", "renamed",
        "folder synced".
    :raises OSError: If the disk refuses; the temporary file is removed then, as by any exception of the block.
    """
    temporary = file.with_name(f"{file.name}.tmp")
    try:
        temporary.unlink(missing_ok=True)  # what an interrupted run left, or a link that somebody put there
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
        try:
            failpoint(f"{what} opened")
            yield NewFile(descriptor, what)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        failpoint(f"{what} synced")
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    failpoint(f"{what} renamed")
    sync_path(file.parent)
    failpoint(f"{what} folder synced")


def write_durably(file: Path, content: bytes) -> None:
    """
    Write a whole file, in the place of one that may be there.

    :raises OSError: If the disk refuses; what was there before then stays.
    """
    with new_file(file, file.name) as new:
        new.write(content)
