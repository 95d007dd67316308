"""Connections to the catalogue of an index: a pool of readers, one writer, and errors a user can act on."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from spanwise.errors import IndexStateError
from spanwise.index import checkpoint
from spanwise.index.checksums import expression, insertion, register
from spanwise.index.failures import StoredValueError, damaged, translated
from spanwise.index.migrations import APPLICATION_ID, FORMAT_VERSION, migrate

CATALOGUE = "catalogue.sqlite"
BUSY_S = 30.0
_WRITER_CACHE_KIB = 65536
_LOG_BYTES = 4 << 20
_HEADER_BYTES = 100
_READ_SETTING = f"SELECT value, checksum IS {expression('manifest')} FROM manifest WHERE key = ?"
_SETTING = insertion("manifest", ("key", "value"), "REPLACE")
_PATIENCE_MS = 1000


class Catalogue:
    """
    The SQLite file of one index, shared by any number of threads.

    :param folder: The index's directory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._pid = os.getpid()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside a read transaction: everything it sees belongs to one commit."""
        connection, pid = self._take(), os.getpid()
        try:
            with translated(self._folder):
                connection.execute("BEGIN")
                yield connection
        finally:
            if pid == os.getpid():
                self._give_back(connection)
            else:
                self._inherited.append(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside a write transaction, which is committed unless the block raises."""
        with self._guard:
            self._leave_to_parent()
        connection = self._opened_writer()
        try:
            with translated(self._folder):
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                checkpoint.reached("before commit")
                connection.execute("COMMIT")
                checkpoint.reached("after commit")
                self._shorten_log(connection)
        finally:
            with suppress(sqlite3.Error):
                connection.rollback()

    def shrink(self) -> None:
        """Rewrite the file without what deletions left free; the caller holds the writer's lock."""
        connection = self._opened_writer()
        with translated(self._folder):
            connection.execute("PRAGMA temp_store = FILE")  # the copy that VACUUM makes may be large
            checkpoint.reached("before vacuum")
            connection.execute("VACUUM")
            checkpoint.reached("after vacuum")
            connection.execute("PRAGMA temp_store = MEMORY")

    def fold_log(self) -> None:
        """Move what commits left in the log into the file; the caller holds the writer's lock."""
        if not self._log_bytes():
            return
        connection = self._opened_writer()
        with translated(self._folder):
            _fold(connection, _PATIENCE_MS)  # a reader keeps its snapshot, and the log
            checkpoint.reached("log emptied")

    def _opened_writer(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = connect(self._folder, writable=True)
        return self._writer

    def _shorten_log(self, connection: sqlite3.Connection) -> None:
        """Move a large log into the file, unless a reader needs it: it would take the commit's size once more."""
        with suppress(OSError, sqlite3.Error):  # the commit has been made, whatever becomes of its log
            if self._log_bytes() > _LOG_BYTES:
                _fold(connection, 0)

    def _log_bytes(self) -> int:
        log = self._folder / f"{CATALOGUE}-wal"
        return log.stat().st_size if log.exists() else 0

    def close(self) -> None:
        """Close every connection; those in use are closed when they come back."""
        with self._guard:
            self._leave_to_parent()
            self._closed = True
            idle, self._idle = self._idle, []
            writer, self._writer = self._writer, None
        for connection in idle:
            connection.close()
        if writer is not None:
            writer.close()

    def _take(self) -> sqlite3.Connection:
        with self._guard:
            if self._closed:
                msg = f"the index in {self._folder} was closed: open it again"
                raise IndexStateError(msg)
            self._leave_to_parent()
            if self._idle:
                return self._idle.pop()
        return connect(self._folder, writable=False)

    def _leave_to_parent(self) -> None:
        """Put aside the connections that a fork has copied here: they must be neither used nor closed."""
        if self._pid != os.getpid():
            self._inherited += self._idle if self._writer is None else [*self._idle, self._writer]
            self._pid, self._idle, self._writer = os.getpid(), [], None

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            connection.rollback()
        with self._guard:
            if not self._closed and not connection.in_transaction:
                self._idle.append(connection)
                return
        connection.close()


def _fold(connection: sqlite3.Connection, patience_ms: int) -> None:
    """Move the log into the file and empty it; wait at most so long for readers."""
    connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")


def connect(folder: Path, *, writable: bool) -> sqlite3.Connection:
    """
    Open the catalogue of an existing index, and check that it is one this version understands.

    :raises IndexStateError: If it is damaged, of a newer format, or cannot be opened.
    """
    file = folder / CATALOGUE
    with translated(folder):
        size = file.stat().st_size
        if size < _HEADER_BYTES:
            raise damaged(folder, f"its catalogue is torn, only {size} bytes long")
        connection = open_file(file, "mode=rw" if writable else _reader_mode(file))
        try:
            _check_format(connection, folder)
            if writable:
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA temp_store = MEMORY")
                connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
                connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
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
        for suffix in ("", "-wal", "-shm", "-journal"):
            new.with_name(new.name + suffix).unlink(missing_ok=True)
        connection = open_file(new, "mode=rwc")
        try:
            connection.execute("PRAGMA synchronous = OFF")  # the whole file is synced below, before it has its name
            migrate(connection)
            write_settings(connection, settings)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        checkpoint.reached("catalogue made")
        sync_path(new)
        checkpoint.reached("catalogue synced")
        new.rename(folder / CATALOGUE)
        checkpoint.reached("catalogue renamed")
        sync_path(folder)
        checkpoint.reached("catalogue folder synced")


def upgrade(folder: Path) -> None:
    """Run the migrations that an index of an older format lacks; the caller holds the writer's lock."""
    with translated(folder):
        connection = open_file(folder / CATALOGUE, "mode=rw")
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if 0 < version < FORMAT_VERSION:
                migrate(connection)
        finally:
            connection.close()


def read_setting(connection: sqlite3.Connection, key: str) -> Any:
    """
    Return the manifest's entry `key`, or None.

    :raises StoredValueError: If it is damaged.
    """
    row = connection.execute(_READ_SETTING, (key,)).fetchone()
    if row is None:
        return None
    if not row[1]:
        msg = f"the entry {key!r} of its manifest is not as it was written"
        raise StoredValueError(msg)
    return json.loads(row[0])


def write_settings(connection: sqlite3.Connection, settings: dict[str, Any]) -> None:
    """Set entries of the manifest; None deletes one."""
    for key, value in settings.items():
        if value is None:
            connection.execute("DELETE FROM manifest WHERE key = ?", (key,))
        else:
            connection.execute(_SETTING, (key, json.dumps(value)))


def sync_path(path: Path) -> None:
    """Make a file's bytes, or a folder's entries, durable."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        if os.name == "nt":  # Windows cannot open a folder, and needs no such sync
            return
        raise
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_file(file: Path, mode: str) -> sqlite3.Connection:
    """Open a catalogue's file in a mode of SQLite's, without a look at what it holds."""
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?{mode}", uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten with zeros
    # Text taken from a damaged PDF can hold lone surrogates; it comes back as it went in.
    register(connection)
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogatepass")
    return connection


def _reader_mode(file: Path) -> str:
    if os.access(file.parent, os.W_OK):
        return "mode=rw"
    log = file.with_name(file.name + "-wal")
    if log.exists() and log.stat().st_size:
        return "mode=ro"
    return "mode=ro&immutable=1"


def _check_format(connection: sqlite3.Connection, folder: Path) -> None:
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
    if version < FORMAT_VERSION:
        msg = (
            f"the index in {folder} has format {version}, older than {FORMAT_VERSION}: open it once for writing "
            "(`spanwise index` or `spanwise doctor --repair`) to bring it up to date"
        )
        raise IndexStateError(msg)
