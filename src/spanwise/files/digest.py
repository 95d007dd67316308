"""The SHA-256 of files."""

import hashlib
from pathlib import Path
from typing import BinaryIO

from spanwise.progress import ReportCount

_BLOCK_BYTES = 4 << 20


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return stream_sha256(file)


def stream_sha256(file: BinaryIO, progress: ReportCount | None = None) -> str:
    """
    Return the SHA-256 of what is left to read of an open file, as 64 hex digits.

    :param progress: Called with the number of bytes after each of its blocks.
    """
    digest = hashlib.sha256()
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
        if progress is not None:
            progress(len(block))
    return digest.hexdigest()
