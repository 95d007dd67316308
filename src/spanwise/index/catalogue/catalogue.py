"""The SQLite file of an index, as threads and forked processes share it: a pool of readers, one writer."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from spanwise.errors import IndexStateError
from spanwise.files.failpoint import failpoint
from spanwise.index.catalogue.connections import BUSY_S, WAL_BYTES, allow_steps, connect, wal_bytes
from spanwise.index.catalogue.failures import translated
from spanwise.index.catalogue.migrations import name_as_now

_PATIENCE_MS = 1000


class Catalogue:
    """
    The SQLite file of one index, shared by any number of threads.

    :param folder: The index's directory.
    :param strict: Whether one with damaged definitions is refused; else it is for examination and repair.
    """

    def __init__(self, folder: Path, *, strict: bool = True) -> None:
        self._folder = folder
        self._strict = strict
        self._guard = Lock()
        self._idle: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._pid = os.getpid()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside a read transaction: everything it sees belongs to one commit."""
        connection, pid = self._acquire(), os.getpid()
        of_older_format = False
        try:
            with translated(self._folder):
                allow_steps(connection, self._folder)
                connection.execute("BEGIN")
                of_older_format = name_as_now(connection)
                yield connection
        finally:
            if pid != os.getpid():
                self._inherited.append(connection)
            elif of_older_format:  # another process may bring the index up to date at any time
                connection.close()
            else:
                self._release(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside a write transaction, which is committed unless the block raises."""
        with self._guard:
            self._leave_to_parent()
        connection = self._opened_writer()
        try:
            with translated(self._folder):
                connection.set_progress_handler(None, 0)  # a commit may be of any size
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                failpoint("before commit")
                connection.execute("COMMIT")
                failpoint("after commit")
                self._shorten_wal(connection)
        finally:
            with suppress(sqlite3.Error):
                connection.rollback()

    def shrink(self) -> None:
        """Rewrite the file without what deletions left free; the caller holds the writer's lock."""
        connection = self._opened_writer()
        with translated(self._folder):
            connection.set_progress_handler(None, 0)
            connection.execute("PRAGMA temp_store = FILE")  # the copy that VACUUM makes may be large
            failpoint("before vacuum")
            connection.execute("VACUUM")
            failpoint("after vacuum")
            connection.execute("PRAGMA temp_store = MEMORY")

    def checkpoint_wal(self) -> None:
        """Move what commits left in the log into the file; the caller holds the writer's lock."""
        if not wal_bytes(self._folder):
            return
        connection = self._opened_writer()
        with translated(self._folder):
            _checkpoint(connection, _PATIENCE_MS)  # a reader keeps its snapshot, and the log
            failpoint("log emptied")

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

    def _opened_writer(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = connect(self._folder, writable=True, strict=self._strict)
        return self._writer

    def _shorten_wal(self, connection: sqlite3.Connection) -> None:
        """Move a large log into the file, unless a reader needs it: it would take the commit's size once more."""
        with suppress(OSError, sqlite3.Error):  # the commit has been made, whatever becomes of its log
            if wal_bytes(self._folder) > WAL_BYTES:
                _checkpoint(connection, 0)

    def _acquire(self) -> sqlite3.Connection:
        with self._guard:
            if self._closed:
                msg = f"the index in {self._folder} was closed: open it again"
                raise IndexStateError(msg)
            self._leave_to_parent()
            if self._idle:
                return self._idle.pop()
        return connect(self._folder, writable=False, strict=self._strict)

    def _release(self, connection: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            connection.rollback()
        with self._guard:
            if not self._closed and not connection.in_transaction:
                self._idle.append(connection)
                return
        connection.close()

    def _leave_to_parent(self) -> None:
        """Put aside the connections that a fork has copied here: they must be neither used nor closed."""
        if self._pid != os.getpid():
            self._inherited += self._idle if self._writer is None else [*self._idle, self._writer]
            self._pid, self._idle, self._writer = os.getpid(), [], None


def _checkpoint(connection: sqlite3.Connection, patience_ms: int) -> None:
    """Move the log into the file and empty it; wait at most so long for readers."""
    connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}")
