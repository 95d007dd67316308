"""Reading a file's bytes once, with a reason for every way in which that can fail."""

import gzip
import io
import os
import stat
import zlib
from pathlib import Path

from spanwise.convert.limits import Limits, limits
from spanwise.errors import ConversionError

HEAD = 4096
"""Bytes that tell text from other data."""

_NOT_REGULAR = "not a regular file but a directory, pipe, socket or device"
_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "no such file: removed or renamed since it was listed",
    PermissionError: "permission denied: make it readable for this user, or exclude it",
    IsADirectoryError: _NOT_REGULAR,
}


def read_bytes(path: Path, bounds: Limits) -> bytes:
    """
    Return the content of a regular file.

    :param path: The file; its name may hold any bytes that the file system allows.
    :raises ConversionError: If it has vanished, may not be read, is not a regular file, or too large.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                bounds.check_file(status.st_size)
                data = file.read(bounds.file_bytes + 1)  # it may grow meanwhile
                bounds.check_file(len(data))
                return data
    except OSError as error:
        msg = _REASONS.get(type(error), f"cannot be read: {error.strerror or type(error).__name__}")
        raise ConversionError(msg) from error
    raise ConversionError(_NOT_REGULAR)


def unpack_gzip(data: bytes) -> bytes:
    """
    Return what gzip packed, of all members of the file.

    :raises ConversionError: If it is damaged, or would unpack to too much.
    """
    bounds = limits()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(bounds.most_unpacked(len(data)) + 1)
    except EOFError:
        msg = "damaged or incomplete .gz file"
        raise ConversionError(msg) from None
    except (OSError, zlib.error) as error:
        msg = "damaged file or not a .gz"
        raise ConversionError(msg) from error
    bounds.check_unpacked(len(unpacked), len(data))
    return unpacked


def looks_like_text(path: Path) -> bool:
    """Return whether a file begins as a text does; in doubt, and where it cannot be read, it does."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return False
            return is_head_of_text(file.read(HEAD))
    except OSError:
        return True


def is_head_of_text(head: bytes) -> bool:
    """
    Return whether a text, packed or not, may begin like that.

    :param head: The first `HEAD` bytes of a file, or all of a shorter one.
    """
    from spanwise.convert.encodings import decode_text

    if head.startswith((b"#!", b"\x1f\x8b")):
        return head.startswith(b"\x1f")
    try:
        decode_text(head[:-4] if len(head) == HEAD else head)
    except ConversionError:
        return False
    return True


def _open_at_once(path: str, flags: int) -> int:
    # Opening a FIFO that nobody writes to would otherwise wait for ever.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
