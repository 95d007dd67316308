"""Writing a file so that it is there whole and synced, or not there at all."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spanwise.index import checkpoint
from spanwise.index.catalogue import sync_path


class NewFile:
    """
    A file that is being written.

    :param descriptor: Of the file, open for writing.
    :param what: Names its checkpoints.
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
        checkpoint.reached(f"{self._what} written")


@contextmanager
def new_file(file: Path, what: str) -> Iterator[NewFile]:
    """
    Write a file under a temporary name; when the block is done, sync it and give it its name.

    :param what: What it holds; its checkpoints are "`what` opened", "written", "synced", "renamed", "folder synced".
    :raises OSError: If the disk refuses; the temporary file is removed then, as by any exception of the block.
    """
    temporary = file.with_name(f"{file.name}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644)
        try:
            checkpoint.reached(f"{what} opened")
            yield NewFile(descriptor, what)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        checkpoint.reached(f"{what} synced")
        temporary.rename(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    checkpoint.reached(f"{what} renamed")
    sync_path(file.parent)
    checkpoint.reached(f"{what} folder synced")


def file_digest(file: Path) -> str:
    """Return the SHA-256 (hex) of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
