"""The SHA-256 of files."""

import hashlib
from io import BufferedReader
from pathlib import Path

from spanwise.progress import ReportCount

_BLOCK_BYTES = 1 << 20


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stream_sha256(file: BufferedReader, progress: ReportCount | None = None) -> str:
    """
    Return the SHA-256 of what is left to read of an open file, as 64 hex digits.

    :param progress: Called with the number of bytes after each of its blocks.
    """
    digest, block = hashlib.sha256(), memoryview(bytearray(_BLOCK_BYTES))
    while size := file.readinto(block):
        digest.update(block[:size])
        if progress is not None:
            progress(size)
    return digest.hexdigest()
