"""The failures of SQLite and of the disk, as one line that says what to do."""

import errno
import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from spanwise.errors import IndexStateError
from spanwise.index.catalogue.room import free_bytes
from spanwise.text.pluralize import megabytes

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DAMAGED_SCHEMA = (
    *("no such ", "malformed", "invalid fts5", "unsupported file format", "vtable constructor failed"),
    *("duplicate column ", "table ", "attached databases must use the same"),
)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_SHARED_BYTES = 64 << 10
"""What SQLite needs to open a catalogue for writing; where there is less it speaks of an "I/O error"."""


class StoredValueError(ValueError):
    """A row of the catalogue is not as its checksum says; the message is the damage by itself."""


@contextmanager
def translated(folder: Path, needed: int = 0) -> Iterator[None]:
    """
    Turn the failures of SQLite and of the disk into one line that says what to do.

    :param needed: How many bytes what is done takes at least on the disk.
    """
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise damaged(folder, f"its catalogue cannot be read ({error})") from error
        raise IndexStateError(_sqlite_message(folder, error, needed)) from error
    except StoredValueError as error:
        raise damaged(folder, str(error)) from error
    except (zlib.error, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise damaged(folder, f"its catalogue holds a value that cannot be decoded ({error})") from error
    except OSError as error:
        if error.errno in _FULL:
            raise IndexStateError(_full_message(folder, needed)) from error
        name = f" {error.filename}" if error.filename else ""
        msg = f"the index in {folder} cannot be used ({error.strerror}:{name}): check the disk and its permissions"
        raise IndexStateError(msg) from error


def damaged(folder: Path, what: str) -> IndexStateError:
    """Return the error for committed data that cannot be read as it was written."""
    remedy = f"run `spanwise doctor --repair --index {quote(str(folder))}`"
    return IndexStateError(f"the index in {folder} is damaged: {what}; {remedy}", what)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite failed because of what the file holds."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in _DAMAGED or (code == sqlite3.SQLITE_ERROR and str(error).startswith(_DAMAGED_SCHEMA))


def require_damage(error: sqlite3.Error) -> None:
    """Raise what has another cause than the file, such as a full disk."""
    if not is_damage(error):
        raise error


def decode_lossy(name: bytes | None) -> str:
    """Return a stored name that may not be UTF-8 any more."""
    return "?" if name is None else name.decode("utf-8", "backslashreplace")


def _sqlite_message(folder: Path, error: sqlite3.Error, needed: int) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free_bytes(folder) < _SHARED_BYTES):
        return _full_message(folder, max(needed, _SHARED_BYTES))
    if code == sqlite3.SQLITE_BUSY:
        return f"the index in {folder} is being written by another process: wait for it and try again"
    if code == sqlite3.SQLITE_INTERRUPT:
        return f"the catalogue of the index in {folder} takes too long to read for its size: index the folder again"
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}:
        return (
            f"the catalogue of the index in {folder} cannot be opened ({error}): open it once where its folder can "
            "be written, or copy it there"
        )
    return f"the catalogue of the index in {folder} cannot be used: {error}"


def _full_message(folder: Path, needed: int) -> str:
    numbers = f"{megabytes(free_bytes(folder))} free" + (f", at least {megabytes(needed)} needed" if needed else "")
    return (
        f"the disk that holds the index in {folder} is full ({numbers}): nothing was changed and the last commit is "
        "intact; free some space and run the same command again"
    )
