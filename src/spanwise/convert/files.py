"""Reading a file's bytes once, with a reason for every way in which that can fail."""

import os
import stat
from pathlib import Path

from spanwise.errors import ConversionError


def read_bytes(path: Path) -> bytes:
    """
    Return the content of a regular file.

    :param path: The file; its name may hold any bytes that the file system allows.
    :raises ConversionError: If it has vanished, may not be read, or is not a regular file.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read()
    except FileNotFoundError:
        msg = "no such file: removed or renamed since it was listed"
        raise ConversionError(msg) from None
    except PermissionError:
        msg = "permission denied: make it readable for this user, or exclude it"
        raise ConversionError(msg) from None
    except IsADirectoryError:
        pass
    except OSError as error:
        msg = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ConversionError(msg) from error
    msg = "not a regular file but a directory, pipe, socket or device"
    raise ConversionError(msg)


def _open_at_once(path: str, flags: int) -> int:
    # Opening a FIFO that nobody writes to would otherwise wait for ever.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def file_key(path: Path) -> str:
    """
    Return the name by which the index knows a file: forward slashes, and escapes for bytes that are not UTF-8.

    :param path: Relative to the indexed folder.
    """
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
