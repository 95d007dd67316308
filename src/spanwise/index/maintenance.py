"""Looking after an index: what it holds, whether it is whole, and what to do if it is not."""

import sqlite3
from contextlib import suppress
from dataclasses import replace
from stat import S_ISREG
from typing import TYPE_CHECKING

from spanwise.errors import DamagedIndexError
from spanwise.index.care.health import Finding, Health, Progress, Repair
from spanwise.index.catalogue import CATALOGUE, read_setting, write_settings
from spanwise.index.commit import UNPURGED
from spanwise.index.index_types import AUTO, resolve_type
from spanwise.index.manifest import Manifest
from spanwise.index.migrations import FORMAT_VERSION
from spanwise.index.records import Batch, Summary
from spanwise.index.session import TRIES

if TYPE_CHECKING:
    from spanwise.index.care.restore import Encode
    from spanwise.index.care.vector_check import OpenFiles

REWRITTEN_BYTES = 256 << 20
"""The largest catalogue that a purge rewrites, which takes a few seconds: secure_delete by itself misses copies of rows
that SQLite once moved to another page, in the unused part of the old one."""


class Maintenance(Manifest):
    """What an index says about itself, and its care."""

    def summary(self) -> Summary:
        """Return what the index holds, in numbers of one committed generation."""
        with self.reading() as connection:

            def number(query: str) -> int:
                return int(connection.execute(query).fetchone()[0])

            recorded = str(read_setting(connection, "index_type") or AUTO)
            vectors = number("SELECT coalesce(sum(rows), 0) FROM segments")
            structures = number("SELECT count(*) FROM structures")
            return Summary(
                format_version=FORMAT_VERSION,
                generation=int(read_setting(connection, "generation")),
                files=number("SELECT count(*) FROM files"),
                unread=number("SELECT count(*) FROM files WHERE sha256 = ''"),
                documents=number("SELECT count(*) FROM documents"),
                vectors=vectors,
                tombstones=number("SELECT count(*) FROM tombstones"),
                segments=number("SELECT count(*) FROM segments"),
                structures=structures,
                index_type=recorded,
                resolved_type=resolve_type(recorded, vectors, structured=structures > 0),
                bytes=self.size_bytes(),
            )

    def size_bytes(self) -> int:
        """Return the size of the index's files in bytes."""
        total = 0
        for entry in self.path.rglob("*"):
            with suppress(FileNotFoundError):  # a commit has just removed it
                status = entry.stat()
                total += status.st_size if S_ISREG(status.st_mode) else 0
        return total

    def compact(self) -> int:
        """
        Merge all vectors into one file without those of deleted passages, and give unused space back to the disk.

        :returns: The new generation.
        :raises IndexStateError: If the index was not opened for writing, or the disk has no room for a second copy.
        """
        return self._forget(Batch(merge_all=True, purge=True), REWRITTEN_BYTES + self.size_bytes())

    def purge(self) -> None:
        """
        Leave nothing on the disk of what was deleted or replaced: no text, no words, no vectors, and none in the log.

        Two things wait for `compact`, since they would take long: vectors in segments that have a FAISS structure, and,
        where the catalogue is larger than 256 MiB, the little that SQLite may leave in the unused part of a page. A
        reader who is not done within a second keeps the log until the next purge, or until the last who has the index
        open closes it.

        :raises IndexStateError: If the index was not opened for writing, or the disk is full.
        """
        with self._writing:
            if self._setting(UNPURGED):
                self._forget(Batch(purge=True), REWRITTEN_BYTES)
            self._catalogue.fold_log()

    def _forget(self, batch: Batch, rewritten: int) -> int:
        """Commit a batch that purges, and rewrite a catalogue of at most so many bytes; returns the new generation."""
        with self._writing:
            generation = self.commit(batch)
            if (self.path / CATALOGUE).stat().st_size <= rewritten:
                self._catalogue.shrink()
            with self._catalogue.writing() as connection:  # not before: what is interrupted is done again
                write_settings(connection, {UNPURGED: None})
            self._catalogue.fold_log()
        return generation

    def verify(self, progress: Progress | None = None) -> list[str]:
        """
        Read everything and compare it with its checksums.

        :param progress: Called as work is done.
        :returns: One line for each thing that is damaged, whether it can be made again or not; empty when all is well.
        """
        return [finding.message for finding in self.examine(progress).findings if finding.kind != "leftover"]

    def examine(self, progress: Progress | None = None) -> Health:
        """
        Read everything, compare it with its checksums, and tell what is lost from what can be made again.

        Nothing is written, so that a read-only folder can be examined; commits of other processes go on.

        :param progress: Called as work is done.
        :raises IndexStateError: If it is not an index, or one of another format.
        """
        try:
            health = self._examine(_silent if progress is None else progress, TRIES)
        except DamagedIndexError as error:
            return Health((Finding("damage", "catalogue", error.what),))
        return replace(health, findings=(*health.findings, *self._leftovers()))

    def repair(self, encode: "Encode | None" = None, progress: Progress | None = None) -> Repair:
        """
        Make again what can be made of what is whole: FAISS structures, the full-text index, lost vectors.

        Vectors that were lost are embedded again from the stored texts. What cannot be restored is named, and nothing
        is made worse; files that lost something are read again by the next sync.

        :param encode: Embeds texts as the index's embedder does, *shape* (len(texts), dimension), float32; it may raise
            `ModelError` when it is not at hand, or be None.
        :param progress: Called as work is done.
        :returns: What was found and done, and what is lost.
        :raises IndexStateError: If the index was not opened for writing, `encode` makes other vectors than the index
            has, or the disk is full.
        """
        from spanwise.index.care.repair import Repairer
        from spanwise.index.vectors import check_vectors

        tell = _silent if progress is None else progress
        with self._writing:
            self.require_writer()
            try:
                return Repairer(
                    self._catalogue,
                    self.path,
                    lambda: self.examine(progress),
                    encode,
                    lambda vectors, rows: check_vectors(vectors, rows, self.dimension, self.embedder),
                    tell,
                ).run()
            finally:
                self._view = None

    def _examine(self, tell: Progress, tries: int) -> Health:
        from spanwise.index.care.vector_check import open_files
        from spanwise.index.care.verify import examine

        with self.reading() as connection, open_files(connection, self.path) as files:
            if not tries or not self._moved_on(connection, files):
                return examine(connection, self.path, files, tell)
        return self._examine(tell, tries - 1)

    def _leftovers(self) -> list[Finding]:
        """Return what interrupted runs left over; what another process is writing is none of it."""
        from spanwise.index.care.leftovers import leftover_findings

        if self._lock.taken():
            return []
        try:
            found = list(leftover_findings(self.path, self._named_files))
        except DamagedIndexError:  # which files are named cannot be told
            return []
        return [] if self._lock.taken() else found

    def _named_files(self) -> list[str]:
        from spanwise.index.care.vector_check import named_files

        with self.reading() as connection:
            return named_files(connection)

    def _moved_on(self, connection: sqlite3.Connection, files: "OpenFiles") -> bool:
        """Whether a commit has removed files of the connection's generation."""
        if not any(isinstance(file, FileNotFoundError) for file in files.values()):
            return False
        query = "SELECT CAST(value AS BLOB) FROM manifest WHERE key = 'generation'"
        with suppress(sqlite3.Error), self.reading() as newest:
            return bool(connection.execute(query).fetchone() != newest.execute(query).fetchone())
        return False


def _silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""
