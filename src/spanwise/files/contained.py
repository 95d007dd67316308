"""Files of a folder that somebody else may have made: opened and removed by name, without following a link."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.unlink in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = _NO_LINK | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE = _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# a pipe would be waited for


def open_contained(file: Path, flags: int = os.O_RDONLY) -> int:
    """
    Open a regular file whose name, and whose folder, are no links.

    :param flags: As for `os.open`.
    :returns: A descriptor.
    :raises OSError: If one of them is a link, or the file is something else, such as a pipe.
    """
    with _folder(file.parent) as folder:
        if folder is None:
            require_plain(file)
            descriptor = os.open(file, flags | _FILE)
        else:
            try:
                descriptor = os.open(file.name, flags | _FILE, dir_fd=folder)
            except OSError as error:
                raise _of(error, file) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _refused(file, "is no regular file")
    return descriptor


def remove_contained(file: Path) -> None:
    """
    Remove a file, or a link itself, of a folder that is no link; it is no matter if it is gone already.

    :raises OSError: If the folder is a link.
    """
    with suppress(FileNotFoundError), _folder(file.parent) as folder:
        if folder is None:
            file.unlink()
        else:
            os.unlink(file.name, dir_fd=folder)


def require_plain(path: Path) -> None:
    """
    Refuse a link, and whatever is neither file nor folder; what is not there is left to the caller.

    :raises OSError: If it is one.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode) or (hasattr(path, "is_junction") and path.is_junction()):
        raise _refused(path, "is a link, which is not followed")
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise _refused(path, "is no regular file")


@contextmanager
def _folder(path: Path) -> Iterator[int | None]:
    """Yield a descriptor of a folder that is no link; None if the system opens nothing relative to one."""
    if not _BY_DESCRIPTOR:
        require_plain(path)
        yield None
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | _FOLDER)
    except OSError as error:
        raise _of(error, path) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _of(error: OSError, path: Path) -> OSError:
    """Return the error with the whole path, and in plain words where a link was met."""
    if error.errno == errno.ELOOP or (error.errno == errno.ENOTDIR and path.is_symlink()):
        return _refused(path, "is a link, which is not followed")
    return OSError(error.errno, error.strerror, str(path))


def _refused(path: Path, why: str) -> OSError:
    return OSError(errno.ELOOP, f"expected a file or folder of the index's own, {path.name} {why}", str(path))
