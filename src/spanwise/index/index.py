"""One directory of passages with their sources, vectors and full-text index."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import IndexStateError
from spanwise.index import catalogue as db
from spanwise.index import rows
from spanwise.index.commit import VECTORS, batch_of
from spanwise.index.creation import make_index
from spanwise.index.maintenance import Maintenance
from spanwise.index.records import Change, FileRecord
from spanwise.index.snapshot import Snapshot
from spanwise.types import EmbedderIdentity, Hit, Passage, SourceText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Index(Maintenance):
    """
    A durable index of passages: any number of readers, one writer, one committed generation for each query.

    >>> with Index.open("my.index") as index:  # doctest: +SKIP
    ...     hits = index.lexical("Which port does it use?", 10)

    Use `create` and `open`; an index may be shared by threads, and readers and the writer may be different processes.
    """

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
        make_index(Path(path), embedder=embedder, splitter=splitter, root=root)
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
                found = f"its {db.CATALOGUE} is gone, and with it every text"
            msg = f"there is no index in {folder}, {found}: run `spanwise index FOLDER --index {folder}` first"
            raise IndexStateError(msg)
        index = cls(folder, checked=check)
        try:
            if writable:
                index.acquire()
            if check:
                index.require_files()
        except BaseException:
            index.close()
            raise
        return index

    def files(self) -> dict[str, FileRecord]:
        """Return every indexed file by its path, in the order of paths."""
        with self.reading() as connection:
            return rows.read_files(connection)

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

    def apply(self, change: Change) -> int:
        """
        Add, replace and remove files in one atomic commit.

        :returns: The new generation.
        :raises IndexStateError: If the vectors or passages are not what the index expects, the disk is full, or the
            index was not opened for writing; nothing is changed then.
        """
        return self.commit(batch_of(change))

    @contextmanager
    def pinned(self) -> Iterator[Snapshot]:
        """Yield the newest committed generation; it stays what it is while the block runs, whoever commits."""
        with self.snapshot() as (connection, view):
            yield Snapshot(self.path, connection, view)

    def search(
        self, vectors: "NDArray[np.float32]", top_k: int, *, files: str | Sequence[str] | None = None
    ) -> list[list[Hit]]:
        """
        Find the passages nearest to each query vector.

        All vectors are scored, and the result is exact, among `files`, and for the types "flat" and, below 100,000
        vectors, "auto". Otherwise FAISS finds the candidates that are scored, and may miss some.

        :param vectors: Query embeddings. *Shape:* (queries, dimension); they are scaled to unit length.
        :param top_k: Most passages for each query, at least 1.
        :param files: Glob, or globs, on file paths; `*` also matches "/". The search is among these files only.
        :returns: For each query its passages, best first; scores are cosine similarities in [-1, 1].
        :raises TypeError: If `files` is neither a glob nor a list of them.
        :raises ValueError: If `vectors` or `top_k` are not as described.
        """
        with self.pinned() as snapshot:
            return snapshot.search(vectors, top_k, files=files)

    def lexical(self, query: str, top_k: int, *, files: str | Sequence[str] | None = None) -> list[Hit]:
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
        import numpy as np

        with self.snapshot() as (connection, view):
            ids = rows.ids_by_text(connection, texts)
            wanted = np.array(list(ids.values()), dtype=np.int64)
            found, vectors = view.gather(wanted)
        known = [text for text, here in zip(ids, found, strict=True) if here]
        return dict(zip(known, vectors, strict=True))
