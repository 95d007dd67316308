"""The life of an open index: connections, the writer's lock, snapshots."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from spanwise.errors import DamagedIndexError, IndexStateError
from spanwise.index import catalogue as db
from spanwise.index.commit import check_files, remove_orphans
from spanwise.index.lock import WriterLock

if TYPE_CHECKING:
    from spanwise.index.segments import View

TRIES = 50
"""How often a look at the newest generation begins again because a commit removed its files meanwhile."""


class Session:
    """
    An open index folder; readers and the writer may be different threads and processes.

    :param path: The index's folder.
    :param checked: Whether the index is known to be whole enough to be used; one that is not is for examination and
        repair, and nothing of it is tidied away before that.
    """

    def __init__(self, path: Path, *, checked: bool = True) -> None:
        self.path = path
        self._checked = checked
        self._catalogue = db.Catalogue(path)
        self._lock = WriterLock(path)
        self._writing = RLock()
        self._view: View | None = None
        self._file = self._identity()

    def in_place(self) -> bool:
        """Whether its folder still holds the index that was opened, and not another one or none."""
        return self._identity() == self._file

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = (self.path / db.CATALOGUE).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def close(self) -> None:
        """Give back the writer's lock and every connection; what was committed stays."""
        self._catalogue.close()
        self._lock.release()
        self._view = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def acquire(self, *, wait_s: float = 0.0) -> None:
        """
        Become the writer, and remove what interrupted commits left behind.

        :param wait_s: Seconds to wait for another writer.
        :raises IndexStateError: If another process is the writer; the message has its pid.
        """
        with self._writing:
            if self._lock.held:
                return
            self._lock.acquire(wait_s=wait_s)
            try:
                db.upgrade(self.path)
                if self._checked:
                    remove_orphans(self._catalogue, self.path)
            except DamagedIndexError:
                if self._checked:
                    self._lock.release()
                    raise
            except BaseException:
                self._lock.release()
                raise

    def release(self) -> None:
        """Stop being the writer; reading goes on."""
        with self._writing:
            self._lock.release()

    @contextmanager
    def exclusive(self, *, wait_s: float = 0.0) -> Iterator[None]:
        """Be the only writer, among threads too, while the block runs."""
        with self._writing:
            if self._lock.held:
                yield
                return
            self.acquire(wait_s=wait_s)
            try:
                yield
            finally:
                self._lock.release()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that sees one committed generation."""
        with self._catalogue.reading() as connection:
            yield connection

    def require_files(self) -> None:
        """
        Check that every vector file is there, in full length.

        :raises IndexStateError: If one is not; the message names it.
        """
        for _ in range(TRIES):
            with self._catalogue.reading() as connection:
                generation = db.read_setting(connection, "generation")
                try:
                    return check_files(connection, self.path)
                except IndexStateError as error:
                    damage = error
            if self._setting("generation") == generation:  # else a commit may have removed the file meanwhile
                raise damage
        raise self.changed_too_fast()

    @contextmanager
    def snapshot(self) -> Iterator[tuple[sqlite3.Connection, "View"]]:
        """Yield a connection and the vectors, both of the same committed generation."""
        for _ in range(TRIES):
            with self._catalogue.reading() as connection:
                view = self._current_view(connection)
                if view is not None:
                    yield connection, view
                    return
        self.require_files()
        raise self.changed_too_fast()

    def changed_too_fast(self) -> IndexStateError:
        """Return the error of a read that other processes' commits have overtaken `TRIES` times."""
        return IndexStateError(f"the index in {self.path} changed faster than it could be read: try again")

    def _current_view(self, connection: sqlite3.Connection) -> "View | None":
        """Return the vectors of the transaction's generation, or None if a commit has just removed their files."""
        from spanwise.index.segments import load_view

        generation = int(db.read_setting(connection, "generation"))
        view = self._view
        if view is None or view.generation != generation:
            try:
                view = load_view(connection, self.path, generation, view)
            except FileNotFoundError:
                return None
            self._view = view
        return view

    def _setting(self, key: str) -> Any:
        with self._catalogue.reading() as connection:
            return db.read_setting(connection, key)
