"""Writing an index: who may, commits, and leaving nothing of what was deleted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from spanwise.errors import IndexStateError
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.catalogue.connections import CATALOGUE, upgrade
from spanwise.index.catalogue.settings import write_settings
from spanwise.index.commit import UNPURGED, commit, remove_orphans
from spanwise.index.faiss_builder import FaissBuilder
from spanwise.index.lock import WriterLock
from spanwise.index.reader import Reader
from spanwise.index.records import Change

REWRITTEN_BYTES = 256 << 20
"""The largest catalogue that a purge rewrites, which takes a few seconds: secure_delete by itself misses copies of rows
that SQLite once moved to another page, in the unused part of the old one."""


class Writer:
    """
    The one writer of an index, among processes and among threads.

    :param checked: Whether the index is known to be whole enough to be used; nothing of one that is not is tidied away.
    """

    def __init__(self, path: Path, catalogue: Catalogue, reader: Reader, *, checked: bool) -> None:
        self._path = path
        self._catalogue = catalogue
        self._reader = reader
        self._checked = checked
        self._guard = RLock()
        self.lock = WriterLock(path)
        self.faiss = FaissBuilder(path, catalogue, self._guard, reader.damaged_faiss_files)
        self._defers = False

    def acquire(self, *, wait_s: float = 0.0) -> None:
        """
        Become the writer, bring an older format up to date, and remove what interrupted commits left behind.

        :param wait_s: Seconds to wait for another writer.
        :raises IndexStateError: If another process is the writer; the message has its pid.
        """
        with self._guard:
            self.lock.acquire(wait_s=wait_s)
            try:
                upgrade(self._path)
                if self._checked:
                    remove_orphans(self._catalogue, self._path, self.faiss.lock)
            except BaseException as error:
                if self._checked or not (isinstance(error, IndexStateError) and error.damage):
                    self.lock.release()
                    raise

    @contextmanager
    def exclusive(self, *, wait_s: float = 0.0) -> Iterator[None]:
        """Be the only writer, among threads too, while the block runs; FAISS files are built after it."""
        with self._guard:
            if self.lock.held:
                yield
                return
            self.acquire(wait_s=wait_s)
            try:
                with self.deferring():
                    yield
            finally:
                self.lock.release()
        self.faiss.build_missing()

    @contextmanager
    def deferring(self) -> Iterator[None]:
        """Build no FAISS files while the block runs."""
        before, self._defers = self._defers, True
        try:
            yield
        finally:
            self._defers = before

    @contextmanager
    def writing(self) -> Iterator[None]:
        """
        Keep other threads from writing while the block runs; then build the FAISS files that it asks for, or defer it.

        :raises IndexStateError: If this process is not the index's writer.
        """
        with self._guard:
            if not self.lock.held:
                msg = f"the index in {self._path} is open for reading only: open it with writable=True in this process"
                raise IndexStateError(msg)
            yield
        if not self._defers:
            self.faiss.build_missing()

    def commit(self, change: Change) -> int:
        """Apply a change in one atomic commit; returns the new generation."""
        return commit(self._catalogue, self._path, change, self._reader.view)

    def purge(self) -> None:
        """Leave nothing on the disk of what was deleted; see `Index.purge`."""
        with self.writing():
            if self._reader.setting(UNPURGED):
                self.forget(Change(purge=True), REWRITTEN_BYTES)
            self._catalogue.checkpoint_wal()

    def forget(self, change: Change, rewritten: int) -> int:
        """Commit a change that purges, and rewrite a catalogue of at most so many bytes; returns the new generation."""
        generation = self.commit(change)
        if (self._path / CATALOGUE).stat().st_size <= rewritten:
            self._catalogue.shrink()
        with self._catalogue.writing() as connection:  # not before: what is interrupted is done again
            write_settings(connection, {UNPURGED: None})
        self._catalogue.checkpoint_wal()
        return generation
