"""One directory of passages with their sources, vectors and full-text index."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from spanwise.errors import IndexStateError
from spanwise.index.catalogue import rows
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.catalogue.connections import CATALOGUE
from spanwise.index.catalogue.room import require_room_to_rewrite
from spanwise.index.commit import with_rows
from spanwise.index.creation import make_index
from spanwise.index.faiss.index_types import PLAIN, check_type, require_type
from spanwise.index.maintenance.health import Health, Repair
from spanwise.index.manifest import PASSED_OVER, Manifest, passed_over_setting
from spanwise.index.reader import Reader
from spanwise.index.records import Change, FileRecord, PassedOver, Summary
from spanwise.index.roots import Roots
from spanwise.index.snapshot import Snapshot
from spanwise.index.summary import read_summary, size_bytes
from spanwise.index.vectors import VECTORS
from spanwise.index.writer import REWRITTEN_BYTES, Writer
from spanwise.progress import ReportStep, no_steps
from spanwise.types import EmbedderIdentity, FileGlobs, Hit, Passage, SkippedFile, SourceText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spanwise.index.maintenance.restore import Encode
    from spanwise.index.vectors.segments import View


class Index(Manifest):
    """
    A durable index of passages: any number of readers, one writer, one committed generation for each query.

    >>> with Index.open("my.index") as index:  # doctest: +SKIP
    ...     hits = index.lexical("Which port does it use?", 10)

    Use `create` and `open`; an index may be shared by threads, and readers and the writer may be different processes.

    :param path: The index's folder.
    :param checked: Whether the index is known to be whole enough to be used; one that is not is for examination and
        repair, and nothing of it is tidied away before that.
    """

    def __init__(self, path: Path, *, checked: bool = True) -> None:
        super().__init__(path)
        self._catalogue = Catalogue(path, strict=checked)
        self._reader = Reader(path, self._catalogue)
        self._writer = Writer(path, self._catalogue, self._reader, checked=checked)
        self._file = _identity(path)

    @classmethod
    def exists(cls, path: str | os.PathLike[str]) -> bool:
        """Whether there is an index in the folder `path`."""
        return os.path.isfile(Path(path) / CATALOGUE)  # where pathlib raises if a folder may not be entered

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        embedder: EmbedderIdentity | None = None,
        splitter: dict[str, Any] | None = None,
    ) -> "Index":
        """
        Make an empty index and open it for writing.

        :param path: A folder that does not exist, or is empty.
        :param embedder: Which model makes its vectors, if that is known already.
        :param splitter: Settings of the splitter that makes its passages.
        :raises IndexStateError: If the folder holds anything else, an index included, or cannot be written.
        """
        make_index(Path(path), embedder=embedder, splitter=splitter)
        return cls.open(path, writable=True)

    @classmethod
    def ensure(
        cls, path: str | os.PathLike[str], *, embedder: EmbedderIdentity | None = None, wait_s: float = 0.0
    ) -> None:
        """
        Make an empty index unless there is one, whichever processes do so at the same time.

        :param embedder: Which model makes its vectors, if that is known already.
        :param wait_s: Seconds to wait for another process that is making it.
        :raises IndexStateError: If the folder holds anything else, or cannot be written.
        """
        if not cls.exists(path):
            make_index(Path(path), embedder=embedder, wait_s=wait_s, exist_ok=True)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, writable: bool = False, check: bool = True) -> "Index":
        """
        Open an index; never creates one.

        :param writable: Whether to become its one writer.
        :param check: Whether to refuse an index whose catalogue cannot be read, or that lacks a vector file. Opened
            without, it is for `examine` and `repair`.
        :raises IndexStateError: If there is none, it is damaged or of a newer format, or another process writes it.
        """
        folder = Path(path)
        if not cls.exists(folder):
            found = "nothing was indexed there"
            if folder.exists() and not folder.is_dir():
                found = "it is not a folder"
            elif (folder / VECTORS).is_dir():
                found = f"its {CATALOGUE} is gone, and with it every text"
            msg = f"there is no index in {folder}, {found}: run `spanwise index FOLDER --index {folder}` first"
            raise IndexStateError(msg)
        index = cls(folder, checked=check)
        try:
            if writable:
                index._writer.acquire()
            if check:
                index._reader.require_files()
        except BaseException:
            index.close()
            raise
        return index

    def in_place(self) -> bool:
        """Whether its folder still holds the index that was opened, and not another one or none."""
        return _identity(self.path) == self._file

    def close(self) -> None:
        """Let the writer's lock and every connection go; what was committed stays."""
        self._catalogue.close()
        self._writer.lock.release()
        self._reader.view = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def exclusive(self, *, wait_s: float = 0.0) -> AbstractContextManager[None]:
        """
        Be the only writer, among threads too, while the block runs.

        :param wait_s: Seconds to wait for another process that writes.
        :raises IndexStateError: If another process is the writer; the message has its pid.
        """
        return self._writer.exclusive(wait_s=wait_s)

    @contextmanager
    def releasing(self, progress: ReportStep = no_steps, make_room: Callable[[], None] | None = None) -> Iterator[None]:
        """
        Change an index that was opened for writing while the block runs; then let others write, and build FAISS files.

        Without it, every change builds them while this process is the writer.

        :param progress: Called while they are built, with vectors.
        :param make_room: Called before they are built, if any are: it may free memory.
        """
        with self._writer.deferring():
            yield
        self._writer.lock.release()
        self._writer.faiss.build_missing(progress=progress, make_room=make_room)

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Yield a connection that sees one committed generation."""
        return self._catalogue.reading()

    def snapshot(self) -> AbstractContextManager[tuple[sqlite3.Connection, "View"]]:
        """Yield a connection and the vectors, both of the same committed generation."""
        return self._reader.snapshot()

    @contextmanager
    def pinned(self) -> Iterator[Snapshot]:
        """Yield the newest committed generation; it stays what it is while the block runs, whoever commits."""
        with self.snapshot() as (connection, view):
            yield Snapshot(self.path, connection, view)

    def setting(self, key: str) -> Any:
        """Return the manifest's entry `key` of the newest generation, or None."""
        return self._reader.setting(key)

    def set_roots(self, roots: Roots) -> None:
        """Record the roots anew; the files of one that is left out stay until they are removed."""
        self.apply(Change(settings=roots.as_settings()))

    def set_passed_over(self, passed: PassedOver) -> None:
        """Record what a sync did not index."""
        setting = passed_over_setting(passed)
        if setting != self.setting(PASSED_OVER):
            self.apply(Change(settings={PASSED_OVER: setting}))

    def set_embedder(self, embedder: EmbedderIdentity) -> None:
        """
        Record which model makes the vectors.

        :raises IndexStateError: If there are vectors already, made by an unknown or another model.
        """
        with self.reading() as connection:
            (vectors,) = connection.execute("SELECT count(*) FROM documents WHERE embedded").fetchone()
        if vectors and embedder != self.embedder:
            self.require_embedder(embedder)
        self.apply(Change(settings={"embedder": embedder.to_dict()}))

    def set_type(self, index_type: str) -> int:
        """
        Change how vectors are searched; nothing is embedded again.

        :param index_type: A plain name (auto, flat, hnsw, ivf, ivf-pq, sq8, fp16) or a FAISS factory string.
        :returns: The new generation.
        :raises ValueError: If it is neither, or not for vectors of this length.
        :raises IndexStateError: If the index was not opened for writing, or the disk is full.
        """
        check_type(index_type, self.dimension)
        return self.apply(Change(settings={"index_type": index_type}))

    def change_embedder(self, embedder: EmbedderIdentity, encode: "Encode", progress: ReportStep | None = None) -> None:
        """
        Embed every text anew with another model, in one commit; until it is done the index is as it was.

        Passages are not cut anew: a model that sees less of a text than the passages hold embeds their beginnings.

        :param embedder: What `encode` is.
        :param encode: Embeds texts, *shape* (len(texts), dimension), float32.
        :param progress: Called as work is done.
        :raises IndexStateError: If the index was not opened for writing, a document has a vector and no text, or the
            disk is full; nothing is changed then.
        :raises ValueError: If the index type is not for vectors of this length.
        """
        from spanwise.index.maintenance.restore import change_embedder

        check_type(self.index_type, embedder.dimension)
        with self._writer.writing(), self._writer.faiss.paused():
            change_embedder(self._catalogue, self.path, embedder, encode, progress or no_steps)

    def apply(self, change: Change) -> int:
        """
        Change files, documents or settings in one atomic commit.

        :returns: The new generation.
        :raises IndexStateError: If the vectors or passages are not what the index expects, the disk is full, or the
            index was not opened for writing; nothing is changed then.
        """
        change = with_rows(change)
        with self._writer.writing():
            self._check_vectors(change.vectors, sum(row.embedded for row in change.rows))
            known = self.index_type
            if known not in PLAIN and self.dimension is None and change.vectors is not None:
                require_type(known, change.vectors.shape[1])
            return self._writer.commit(change)

    def compact(self) -> int:
        """
        Merge the vectors into few files without those of deleted passages, and give unused space back to the disk.

        :returns: The new generation.
        :raises IndexStateError: If the index was not opened for writing, or the disk has no room for a second copy.
        """
        with self._writer.writing():
            size, catalogue = size_bytes(self.path), (self.path / CATALOGUE).stat().st_size
            require_room_to_rewrite(self.path, catalogue, size - catalogue, "compacting")
            return self._writer.forget(Change(merge_all=True, purge=True), REWRITTEN_BYTES + size)

    def purge(self) -> None:
        """
        Leave nothing on the disk of what was deleted or replaced: no text, no words, no vectors, and none in the log.

        Two things wait for `compact`, since they would take long: vectors in segments that have a FAISS index, and,
        where the catalogue is larger than 256 MiB, the little that SQLite may leave in the unused part of a page. A
        reader who is not done within a second keeps the log until the next purge, or until the last who has the index
        open closes it.

        :raises IndexStateError: If the index was not opened for writing, or the disk is full.
        """
        self._writer.purge()

    def summary(self) -> Summary:
        """Return what the index holds, in numbers of one committed generation."""
        with self.reading() as connection:
            return read_summary(connection, self.path)

    def verify(self) -> list[str]:
        """
        Read everything and compare it with its checksums.

        :returns: One line for each thing that is damaged, whether it can be made again or not; empty when all is well.
        """
        return [finding.message for finding in self.examine().findings if finding.kind != "leftover"]

    def examine(self, progress: ReportStep | None = None) -> Health:
        """
        Read everything, compare it with its checksums, and tell what is lost from what can be made again.

        Nothing is written, so that a read-only folder can be examined; commits of other processes go on.

        :param progress: Called as work is done.
        :raises IndexStateError: If it is not an index, or one of another format.
        """
        from spanwise.index.maintenance.examine import examine

        locks = (self._writer.lock, self._writer.faiss.lock)
        return examine(self._catalogue, self.path, locks, progress or no_steps)

    def repair(self, encode: "Encode | None" = None, progress: ReportStep | None = None) -> Repair:
        """
        Make again what can be made of what is whole: vectors, FAISS files, the full-text index, a passage's text.

        Vectors that were lost are embedded again from the stored texts. Nothing is made worse; what cannot be made
        again is named, and the next sync reads the files anew that it stood in.

        :param encode: Embeds texts as the index's embedder does, *shape* (len(texts), dimension), float32; it may raise
            `ModelError` when it is not at hand, or be None.
        :param progress: Called as work is done.
        :returns: What was found and done, and what is lost.
        :raises IndexStateError: If the index was not opened for writing, `encode` makes other vectors than the index
            has, or the disk is full.
        """
        from spanwise.index.maintenance.repair import Repairer

        progress = progress or no_steps
        with self._writer.deferring(), self._writer.writing(), self._writer.faiss.paused():
            build = partial(self._writer.faiss.build_missing, check=True)
            repairer = Repairer(self._catalogue, self.path, encode, self._check_vectors, build, progress)
            return repairer.run(lambda: self.examine(progress))

    def _check_vectors(self, vectors: "NDArray[np.float32] | None", expected: int) -> None:
        from spanwise.index.vectors.vector_file import check_vectors

        check_vectors(vectors, expected, self.dimension, self.embedder)

    def files(self, files: FileGlobs = None) -> dict[str, FileRecord]:
        """
        Return indexed files by their stored names, in the order of these.

        :param files: As for `search`.
        """
        with self.reading() as connection:
            return Snapshot(self.path, connection).files(files)

    def warnings(self) -> list[SkippedFile]:
        """Return the files that are indexed in part only, by their stored names, and why."""
        with self.reading() as connection:
            return rows.read_warnings(connection)

    def source(self, file: str) -> SourceText:
        """
        Return the stored text of a file.

        :raises IndexStateError: If there is no such file; the message suggests near ones.
        """
        with self.reading() as connection:
            return Snapshot(self.path, connection).source(file)

    def passages_of(self, file: str) -> list[Passage]:
        """Return the passages of a file in their order; none for an unknown file."""
        with self.reading() as connection:
            return rows.read_passages(connection, file)

    def count(self) -> int:
        """Return the number of passages."""
        with self.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])

    def search(self, vectors: "NDArray[np.float32]", top_k: int, *, files: FileGlobs = None) -> list[list[Hit]]:
        """
        Find the passages nearest to each query vector.

        All vectors are scored, and the result is exact, among `files`, and for the types "flat" and, below 100,000
        vectors, "auto". Otherwise FAISS finds the candidates that are scored, and may miss some.

        :param vectors: Query embeddings. *Shape:* (queries, dimension); they are scaled to unit length.
        :param top_k: Most passages for each query, at least 1.
        :param files: Glob, or globs, on file paths, or a filter; `*` also matches "/". The search is among these
            files only.
        :returns: For each query its passages, best first; scores are cosine similarities in [-1, 1].
        :raises TypeError: If `files` is neither a glob nor a list of them.
        :raises ValueError: If `vectors` or `top_k` are not as described.
        """
        with self.pinned() as snapshot:
            return snapshot.search(vectors, top_k, files=files)

    def lexical(self, query: str, top_k: int, *, files: FileGlobs = None) -> list[Hit]:
        """
        Find the passages that hold words of the query, ranked by BM25.

        :param query: Any text.
        :param top_k: Most passages, at least 1.
        :param files: As for `search`.
        :returns: Passages, best first; a score is FTS5's BM25 with its sign turned, higher is better.
        :raises ValueError: If `top_k` is less than 1.
        """
        with self.reading() as connection:
            return Snapshot(self.path, connection).lexical(query, top_k, files=files)

    def known_vectors(self, texts: Sequence[str]) -> dict[str, "NDArray[np.float32]"]:
        """
        Return vectors of passages that are indexed with exactly these texts, so that they need not be embedded again.

        :returns: Text to vector, *shape* (dimension,), float32, for those that are known.
        """
        with self.snapshot() as (connection, view):
            ids = rows.ids_by_text(connection, texts)
            vectors = view.gather([*ids.values()])
        return {text: vectors[number] for text, number in ids.items() if number in vectors}


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells the catalogue in a folder from another file at its place, or None if there is none."""
    try:
        status = (path / CATALOGUE).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
