"""Opening the SQLite file of an index: new, of this format, or of an older one."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

from spanwise.errors import IndexStateError
from spanwise.files.contained import remove_contained, require_plain
from spanwise.files.durable import sync_path
from spanwise.files.failpoint import failpoint
from spanwise.index.catalogue.checksums import register
from spanwise.index.catalogue.failures import damaged, translated
from spanwise.index.catalogue.migrations import APPLICATION_ID, FORMAT_VERSION, READABLE_VERSION, migrate
from spanwise.index.catalogue.schema import require_schema
from spanwise.index.catalogue.settings import write_settings

CATALOGUE = "catalogue.sqlite"
LOGS = ("-wal", "-shm", "-journal")
BUSY_S = 30.0
WAL_BYTES = 4 << 20
"""Size above which the log of commits is moved into the file by the commit that finds it so."""

_WRITER_CACHE_KIB = 16384
_STEPS_A_LOOK = 1_000_000
_LOOKS, _BYTES_A_LOOK = 3000, 1000
"""
How much SQLite may do in one transaction: 3 billion steps of its machine (a minute or so), and one million more for
each kilobyte. Reading everything takes a few steps a byte; a catalogue that needs more was made to be read for ever.
"""
_HEADER_BYTES = 100
_ALONE = "&vfs=unix-excl"
_UNLOCKED = "&vfs=unix-none"
_NO_FILES = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}
"""What SQLite says where it cannot make the files beside a catalogue that its readers share."""


class Connection(sqlite3.Connection):
    """A connection to a catalogue."""

    shares = True
    """Whether others can read and write beside it; else it is to be closed after a transaction."""


def connect(folder: Path, *, writable: bool, strict: bool = True) -> Connection:
    """
    Open the catalogue of an existing index, and check that it is one this version understands.

    :param strict: Whether to refuse one in which a table's definition is damaged, and not only what never was ours.
    :raises IndexStateError: If it is damaged, of a newer format, or cannot be opened.
    """
    file = folder / CATALOGUE
    with translated(folder):
        for suffix in ("", *LOGS):
            require_plain(file.with_name(file.name + suffix))
        size = file.lstat().st_size
        if size < _HEADER_BYTES:
            raise damaged(folder, f"its catalogue is torn, only {size} bytes long")
        connection = _open_first(file, ["mode=rw"] if writable else _reader_modes(file))
        try:
            _check_format(connection, folder, FORMAT_VERSION if writable else READABLE_VERSION)
            allow_steps(connection, folder)
            require_schema(connection, strict=strict)
            connection.execute("PRAGMA temp_store = MEMORY")
            if writable:
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
                connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
            else:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def create(folder: Path, settings: dict[str, Any]) -> None:
    """Make the catalogue of a new index; it appears whole, by a rename, or not at all."""
    new = folder / f"{CATALOGUE}.new"
    with translated(folder):
        remove_database(new)
        with closing(open_database(new, "mode=rwc")) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # the whole file is synced below, before it has its name
            migrate(connection)
            write_settings(connection, settings)
            connection.execute("PRAGMA journal_mode = WAL")
        failpoint("catalogue made")
        sync_path(new)
        failpoint("catalogue synced")
        new.rename(folder / CATALOGUE)
        failpoint("catalogue renamed")
        sync_path(folder)
        failpoint("catalogue folder synced")


def upgrade(folder: Path) -> None:
    """Run the migrations that an index of an older format lacks; the caller holds the writer's lock."""
    with translated(folder), closing(open_database(folder / CATALOGUE, "mode=rw")) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if 0 < version < FORMAT_VERSION:
            require_schema(connection, strict=False)
            migrate(connection)


def open_database(file: Path, mode: str) -> Connection:
    """Open a catalogue's file in a mode of SQLite's, without a look at what it holds."""
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
        factory=Connection,
    )
    if _UNLOCKED in mode:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.shares = _ALONE not in mode and _UNLOCKED not in mode
    connection.execute("PRAGMA trusted_schema = OFF")  # first: definitions may be a stranger's
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA mmap_size = 0")  # a file that is cut short is an error then, and not the process's end
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten with zeros
    # Text taken from a damaged PDF can hold lone surrogates; it comes back as it went in.
    register(connection)
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogatepass")
    return connection


def allow_steps(connection: sqlite3.Connection, folder: Path) -> None:
    """Let a connection do as much as reading its whole catalogue may take, from now on, and no more."""
    with suppress(FileNotFoundError):
        left = iter(range(_LOOKS + ((folder / CATALOGUE).stat().st_size + wal_bytes(folder)) // _BYTES_A_LOOK))
        connection.set_progress_handler(lambda: next(left, None) is None, _STEPS_A_LOOK)


def remove_database(file: Path) -> None:
    """Remove a SQLite file with its logs, if there is one."""
    for suffix in ("", *LOGS):
        remove_contained(file.with_name(file.name + suffix))


def wal_bytes(folder: Path) -> int:
    """Return the size of the log of commits that are not moved into the catalogue yet."""
    log = folder / f"{CATALOGUE}-wal"
    return log.lstat().st_size if log.exists() else 0


def _reader_modes(file: Path) -> list[str]:
    """
    Return how to open a catalogue for reading, what is to be tried first before the rest.

    Readers share a file that says what the log holds. Where none can be made, on a full disk or one that is read-only,
    SQLite can keep that in memory: alone, or where nobody writes without locks.
    """
    logged = wal_bytes(file.parent) > 0
    if os.access(file.parent, os.W_OK):
        modes = ["mode=rw", f"mode=rw{_ALONE}"]
    else:
        modes = ["mode=ro", f"mode=ro{_UNLOCKED}"] if logged else []
    if os.name == "nt":  # which has no such choices
        modes = modes[:1]
    return modes if logged else [*modes, "mode=ro&immutable=1"]


def _open_first(file: Path, modes: Sequence[str]) -> Connection:
    """Open a catalogue in the first of some modes in which it can be read."""
    try:
        connection = open_database(file, modes[0])
        try:
            connection.execute("PRAGMA application_id")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        if len(modes) > 1 and getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_FILES:
            return _open_first(file, modes[1:])
        raise
    return connection


def _check_format(connection: sqlite3.Connection, folder: Path, oldest: int) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        msg = (
            f"{folder / CATALOGUE} is not a catalogue of this program (expected application id "
            f"{APPLICATION_ID:#x}, found {application:#x}): give the folder of an index, or a new one"
        )
        raise IndexStateError(msg)
    if version > FORMAT_VERSION:
        msg = (
            f"the index in {folder} has format {version}, made by a newer spanwise; this one reads formats up to "
            f"{FORMAT_VERSION}: upgrade spanwise, or index into another folder"
        )
        raise IndexStateError(msg)
    if version < oldest:
        msg = (
            f"the index in {folder} has format {version}, older than {oldest}: open it once for writing "
            "(`spanwise index` or `spanwise doctor --repair`) to bring it up to date"
        )
        raise IndexStateError(msg)
