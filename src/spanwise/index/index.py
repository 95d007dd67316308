"""One directory of passages with their sources, vectors and full-text index."""

import os
import sqlite3
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import IndexStateError
from spanwise.index import catalogue as db
from spanwise.index import rows
from spanwise.index.commit import VECTORS, batch_of
from spanwise.index.creation import make_index
from spanwise.index.lexical import match_expression, matches
from spanwise.index.maintenance import Maintenance
from spanwise.index.records import Change, FileRecord
from spanwise.types import EmbedderIdentity, Hit, Passage, SourceText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spanwise.index.remembered import Ids
    from spanwise.index.segments import View


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
            found = rows.read_source(connection, file)
            if found is not None:
                return found
            known = [name for (name,) in connection.execute("SELECT file FROM files ORDER BY file")]
        near = [name for name in known if name.rsplit("/", 1)[-1] == file.rsplit("/", 1)[-1]][:3]
        near = near or get_close_matches(file, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"it holds {len(known)} files"
        msg = f"no such file in the index in {self.path}: {file}; {hint}"
        raise IndexStateError(msg)

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
            found = top(view, queries, top_k, _allowed(connection, view, files))
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
        with self.reading() as connection:
            among = None
            if files is not None or rows.has_free_documents(connection):
                condition, values = rows.file_condition(files)
                among = f"SELECT d.id FROM documents d JOIN files f ON f.id = d.file_id WHERE {condition}", values
            found = matches(connection, expression, top_k, among)
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


def check_top_k(top_k: int) -> None:
    """Refuse a number of results below 1."""
    if top_k < 1:
        msg = f"expected top_k of at least 1, got {top_k}"
        raise ValueError(msg)


def _listed(array: "NDArray[Any]") -> list[Any]:
    found: list[Any] = array.tolist()
    return found


def _allowed(connection: sqlite3.Connection, view: "View", files: str | Sequence[str] | None) -> "Ids | None":
    """Return the ids of the passages to search among, ascending, or None for all."""
    import numpy as np

    if files is None and not rows.has_free_documents(connection):
        return None
    condition, values = rows.file_condition(files)
    query = f"SELECT d.id FROM documents d JOIN files f ON f.id = d.file_id WHERE {condition} ORDER BY d.id"

    def select() -> "Ids":
        return np.fromiter((row[0] for row in connection.execute(query, values)), dtype=np.int64)

    return view.selections.get(repr((condition, values)), select)
