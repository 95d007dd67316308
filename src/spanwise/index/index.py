"""One directory of passages with their sources, vectors and full-text index."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from spanwise.errors import IndexStateError
from spanwise.index import catalogue as db
from spanwise.index import rows
from spanwise.index.commit import VECTORS, batch_of, check_files, commit, remove_orphans
from spanwise.index.lexical import match_expression, matches
from spanwise.index.lock import WriterLock
from spanwise.index.records import Batch, Change, FileRecord
from spanwise.types import EmbedderIdentity, Hit, Passage, SourceText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spanwise.index.segments import Ids, View

_TRIES = 5


class Index:
    """
    A durable index of passages: any number of readers, one writer, one committed generation for each query.

    >>> with Index.open("my.index") as index:  # doctest: +SKIP
    ...     hits = index.lexical("Which port does it use?", 10)

    Use `create` and `open`; an index may be shared by threads, and readers and the writer may be different processes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._catalogue = db.Catalogue(path)
        self._lock = WriterLock(path)
        self._writing = RLock()
        self._view: View | None = None

    @classmethod
    def exists(cls, path: str | os.PathLike[str]) -> bool:
        """Whether there is an index in the folder `path`."""
        return (Path(path) / db.CATALOGUE).is_file()

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        embedder: EmbedderIdentity | None = None,
        splitter: dict[str, Any] | None = None,
        root: str | None = None,
    ) -> "Index":
        """
        Make an empty index and open it for writing.

        :param path: A folder that does not exist, or is empty.
        :param embedder: Which model makes its vectors, if that is known already.
        :param splitter: Settings of the splitter that makes its passages.
        :param root: The folder whose documents it holds.
        :raises IndexStateError: If the folder holds anything else, an index included, or cannot be written.
        """
        folder = Path(path)
        with db.translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _check_empty(folder)
            lock = WriterLock(folder)
            lock.acquire()
            try:
                _check_empty(folder)
                (folder / VECTORS).mkdir(exist_ok=True)
                settings = {"embedder": None if embedder is None else asdict(embedder)}
                db.create(folder, {**settings, "splitter": splitter, "root": root})
                db.sync_path(folder.absolute().parent)
            finally:
                lock.release()
        return cls.open(folder, writable=True)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, writable: bool = False) -> "Index":
        """
        Open an index; never creates one.

        :param writable: Whether to become its one writer.
        :raises IndexStateError: If there is none, it is damaged or of a newer format, or another process writes it.
        """
        folder = Path(path)
        if not cls.exists(folder):
            found = "it is not a folder" if folder.exists() and not folder.is_dir() else "nothing was indexed there"
            msg = f"there is no index in {folder}, {found}: run `spanwise index FOLDER --index {folder}` first"
            raise IndexStateError(msg)
        index = cls(folder)
        try:
            if writable:
                index.acquire()
            with index._catalogue.reading() as connection:
                check_files(connection, folder)
        except BaseException:
            index.close()
            raise
        return index

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
        self._lock.acquire(wait_s=wait_s)
        db.upgrade(self.path)
        remove_orphans(self._catalogue, self.path)

    def release(self) -> None:
        """Stop being the writer; reading goes on."""
        self._lock.release()

    @property
    def generation(self) -> int:
        """Number of the newest commit; 0 for a new index."""
        return int(self._setting("generation"))

    @property
    def embedder(self) -> EmbedderIdentity | None:
        """Which model made the vectors, or None if that was never said."""
        found = self._setting("embedder")
        return None if found is None else EmbedderIdentity(**found)

    @property
    def splitter(self) -> dict[str, Any] | None:
        """Settings of the splitter that made the passages, or None."""
        found: dict[str, Any] | None = self._setting("splitter")
        return found

    @property
    def root(self) -> str | None:
        """The folder whose documents the index holds, or None."""
        found: str | None = self._setting("root")
        return found

    @property
    def dimension(self) -> int | None:
        """Length of a vector, or None before the first one of an index without an embedder."""
        embedder = self.embedder
        found: int | None = self._setting("dimension")
        return embedder.dimension if embedder is not None else found

    def set_root(self, root: str) -> None:
        """Record another root folder."""
        self.commit(Batch(settings={"root": root}))

    def set_embedder(self, embedder: EmbedderIdentity) -> None:
        """
        Record which model makes the vectors.

        :raises IndexStateError: If there are vectors already, made by an unknown or another model.
        """
        with self._catalogue.reading() as connection:
            (vectors,) = connection.execute("SELECT count(*) FROM documents WHERE embedded").fetchone()
        if vectors and embedder != self.embedder:
            self.require_embedder(embedder)
        self.commit(Batch(settings={"embedder": asdict(embedder)}))

    def require_embedder(self, identity: EmbedderIdentity) -> None:
        """
        Check that vectors of the model `identity` can be compared with the index's own.

        The name may differ: a model that was moved to another folder is the same model.

        :raises IndexStateError: If they cannot.
        """
        found = self.embedder
        if found is not None and {**asdict(found), "name": ""} == {**asdict(identity), "name": ""}:
            return
        made = "an unknown embedder" if found is None else _describe(found)
        msg = (
            f"the index in {self.path} was made with {made}, got {_describe(identity)}: use that embedder, or index "
            "again with this one (`spanwise index FOLDER --index OTHER`)"
        )
        raise IndexStateError(msg)

    def files(self) -> dict[str, FileRecord]:
        """Return every indexed file by its path, in the order of paths."""
        with self._catalogue.reading() as connection:
            return rows.read_files(connection)

    def source(self, file: str) -> SourceText:
        """
        Return the stored text of a file.

        :raises IndexStateError: If there is no such file; the message suggests near ones.
        """
        with self._catalogue.reading() as connection:
            found = rows.read_source(connection, file)
            if found is not None:
                return found
            known = [name for (name,) in connection.execute("SELECT file FROM files ORDER BY file")]
        near = [name for name in known if name.rsplit("/", 1)[-1] == file.rsplit("/", 1)[-1]][:3]
        near = near or get_close_matches(file, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`spanwise status` counts those that are"
        msg = f"no such file in the index in {self.path}: {file}; {hint}"
        raise IndexStateError(msg)

    def passages_of(self, file: str) -> list[Passage]:
        """Return the passages of a file in their order; none for an unknown file."""
        with self._catalogue.reading() as connection:
            return rows.read_passages(connection, file)

    def count(self) -> int:
        """Return the number of passages."""
        with self._catalogue.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])

    def size_bytes(self) -> int:
        """Return the size of the index's files in bytes."""
        return sum(entry.stat().st_size for entry in self.path.rglob("*") if entry.is_file())

    def apply(self, change: Change) -> int:
        """
        Add, replace and remove files in one atomic commit.

        :returns: The new generation.
        :raises IndexStateError: If the vectors or passages are not what the index expects, the disk is full, or the
            index was not opened for writing; nothing is changed then.
        """
        return self.commit(batch_of(change))

    def commit(self, batch: Batch) -> int:
        """
        Apply a batch of any changes in one atomic commit.

        :returns: The new generation.
        :raises IndexStateError: As for `apply`.
        """
        from spanwise.index.vectors import check_vectors

        with self._writing:
            if not self._lock.held:
                msg = f"the index in {self.path} is open for reading only: open it with writable=True in this process"
                raise IndexStateError(msg)
            check_vectors(batch.vectors, sum(row.embedded for row in batch.rows), self.dimension, self.embedder)
            return commit(self._catalogue, self.path, batch)

    def search(
        self, vectors: "NDArray[np.float32]", top_k: int, *, files: str | Sequence[str] | None = None
    ) -> list[list[Hit]]:
        """
        Find the passages nearest to each query vector, exactly.

        :param vectors: Query embeddings. *Shape:* (queries, dimension); they are scaled to unit length.
        :param top_k: Most passages for each query, at least 1.
        :param files: Glob, or globs, on file paths; `*` also matches "/". The search is among these files only.
        :returns: For each query its passages, best first; scores are cosine similarities in [-1, 1].
        :raises ValueError: If `vectors` or `top_k` are not as described.
        """
        from spanwise.index.search import top, unit_queries

        check_top_k(top_k)
        queries = unit_queries(vectors, self.dimension)
        with self.snapshot() as (connection, view):
            found = top(view, queries, top_k, _allowed(connection, files))
            return [rows.read_hits(connection, zip(*map(_listed, pair), strict=True)) for pair in found]

    def lexical(self, query: str, top_k: int, *, files: str | Sequence[str] | None = None) -> list[Hit]:
        """
        Find the passages that hold words of the query, ranked by BM25.

        :param query: Any text.
        :param top_k: Most passages, at least 1.
        :param files: As for `search`.
        :returns: Passages, best first; a score is FTS5's BM25 with its sign turned, higher is better.
        :raises ValueError: If `top_k` is less than 1.
        """
        check_top_k(top_k)
        expression = match_expression(query)
        if expression is None:
            return []
        with self._catalogue.reading() as connection:
            found = matches(connection, expression, top_k, *rows.file_condition(files))
            return rows.read_hits(connection, found)

    def known_vectors(self, texts: Sequence[str]) -> dict[str, "NDArray[np.float32]"]:
        """
        Return vectors of passages that are indexed with exactly these texts, so that they need not be embedded again.

        :returns: Text to vector, *shape* (dimension,), float32, for those that are known.
        """
        import numpy as np

        with self.snapshot() as (connection, view):
            ids = rows.ids_by_text(connection, texts)
            wanted = np.array(list(ids.values()), dtype=np.int64)
            found, vectors = view.gather(wanted)
        known = [text for text, here in zip(ids, found, strict=True) if here]
        return dict(zip(known, vectors, strict=True))

    def verify(self) -> list[str]:
        """
        Read everything and compare it with its checksums.

        :returns: One line for each thing that is damaged; empty when all is well.
        """
        from spanwise.index.verify import problems

        with self._catalogue.reading() as connection:
            return problems(connection, self.path)

    @contextmanager
    def snapshot(self) -> Iterator[tuple[sqlite3.Connection, "View"]]:
        """Yield a connection and the vectors, both of the same committed generation."""
        for _ in range(_TRIES):
            with self._catalogue.reading() as connection:
                view = self._current_view(connection)
                if view is not None:
                    yield connection, view
                    return
        with self._catalogue.reading() as connection:
            check_files(connection, self.path)
        msg = f"the index in {self.path} changed faster than it could be read: try again"
        raise IndexStateError(msg)

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


def check_top_k(top_k: int) -> None:
    """Refuse a number of results below 1."""
    if top_k < 1:
        msg = f"expected top_k of at least 1, got {top_k}"
        raise ValueError(msg)


def _listed(array: "NDArray[Any]") -> list[Any]:
    found: list[Any] = array.tolist()
    return found


def _describe(embedder: EmbedderIdentity) -> str:
    kind = "normalized" if embedder.normalized else "not normalized"
    return (
        f"{embedder.name} ({embedder.fingerprint[:12]}, {embedder.dimension} dimensions, {kind}, "
        f"{embedder.max_tokens} tokens)"
    )


def _allowed(connection: sqlite3.Connection, files: str | Sequence[str] | None) -> "Ids | None":
    """Return the ids of the passages to search among, ascending, or None for all."""
    import numpy as np

    if files is None and connection.execute("SELECT 1 FROM documents WHERE file_id IS NULL LIMIT 1").fetchone() is None:
        return None
    condition, values = rows.file_condition(files)
    found = connection.execute(
        f"SELECT d.id FROM documents d JOIN files f ON f.id = d.file_id WHERE {condition} ORDER BY d.id", values
    )
    return np.fromiter((row[0] for row in found), dtype=np.int64)


def _check_empty(folder: Path) -> None:
    """Pass a folder that holds nothing but what an interrupted `create` leaves."""
    if (folder / db.CATALOGUE).exists():
        msg = f"there is an index in {folder} already: open it, or give another folder"
        raise IndexStateError(msg)
    ours = {"lock", VECTORS, *(f"{db.CATALOGUE}.new{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))}
    other = sorted(entry.name for entry in folder.iterdir() if entry.name not in ours)
    if other:
        msg = f"expected a new or empty folder for an index, {folder} holds {other[0]}: give another folder"
        raise IndexStateError(msg)
