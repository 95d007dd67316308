"""Reading one committed generation of an index, whatever is committed meanwhile."""

import sqlite3
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import IndexStateError
from spanwise.index import rows
from spanwise.index.catalogue import read_setting
from spanwise.index.failures import damaged
from spanwise.index.lexical import match_expression, matches
from spanwise.index.manifest import require_embedder
from spanwise.types import EmbedderIdentity, Hit, Passage, SourceText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spanwise.index.remembered import Ids
    from spanwise.index.segments import View


class Snapshot:
    """
    One generation: what is found in it, and the texts that this stands in, belong together.

    Made by `Index.pinned`, and good for as long as its block runs, in the thread that runs it. Keep it short: the
    space of what was deleted meanwhile is given back afterwards.

    :param connection: In a read transaction.
    :param view: The vectors of the same generation; None where none are searched.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, view: "View | None" = None) -> None:
        self._path = path
        self._connection = connection
        self._view = view

    @property
    def generation(self) -> int:
        """Number of the commit that made it what it is."""
        return int(read_setting(self._connection, "generation"))

    @property
    def embedder(self) -> EmbedderIdentity | None:
        """Which model made the vectors, or None if that was never said."""
        found = read_setting(self._connection, "embedder")
        return None if found is None else EmbedderIdentity(**found)

    @property
    def dimension(self) -> int | None:
        """Length of a vector, or None before the first one of an index without an embedder."""
        embedder = self.embedder
        found: int | None = read_setting(self._connection, "dimension")
        return embedder.dimension if embedder is not None else found

    def require_embedder(self, identity: EmbedderIdentity) -> None:
        """
        Check that vectors of the model `identity` can be compared with the index's own.

        :raises IndexStateError: If they cannot.
        """
        require_embedder(self._path, self.embedder, identity)

    def search(
        self, vectors: "NDArray[np.float32]", top_k: int, *, files: str | Sequence[str] | None = None
    ) -> list[list[Hit]]:
        """
        Find the passages nearest to each query vector; see `Index.search`.

        :param vectors: Query embeddings. *Shape:* (queries, dimension).
        """
        from spanwise.index.search import top, unit_queries

        check_top_k(top_k)
        if self._view is None:
            msg = "expected a snapshot with vectors to search, got one without: make it with Index.pinned"
            raise ValueError(msg)
        queries = unit_queries(vectors, self.dimension)
        found = top(self._view, queries, top_k, _allowed(self._connection, self._view, files))
        return [rows.read_hits(self._connection, zip(*map(_listed, pair), strict=True)) for pair in found]

    def lexical(self, query: str, top_k: int, *, files: str | Sequence[str] | None = None) -> list[Hit]:
        """Find the passages that hold words of the query, ranked by BM25; see `Index.lexical`."""
        check_top_k(top_k)
        expression = match_expression(query)
        if expression is None:
            return []
        among = None
        if files is not None or rows.has_free_documents(self._connection):
            condition, values = rows.file_condition(files)
            among = f"SELECT d.id FROM documents d JOIN files f ON f.id = d.file_id WHERE {condition}", values
        return rows.read_hits(self._connection, matches(self._connection, expression, top_k, among))

    def source(self, file: str) -> SourceText:
        """
        Return the stored text of a file.

        :raises IndexStateError: If there is no such file; the message suggests near ones.
        """
        found = rows.read_source(self._connection, file)
        if found is not None:
            return found
        known = [name for (name,) in self._connection.execute("SELECT file FROM files ORDER BY file")]
        near = [name for name in known if name.rsplit("/", 1)[-1] == file.rsplit("/", 1)[-1]][:3]
        near = near or get_close_matches(file, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"it holds {len(known)} files"
        msg = f"no such file in the index in {self._path}: {file}; {hint}"
        raise IndexStateError(msg)

    def sources(self, files: Iterable[str]) -> dict[str, SourceText]:
        """Return the stored texts of those of the files that there are."""
        found = {file: rows.read_source(self._connection, file) for file in dict.fromkeys(files)}
        return {file: source for file, source in found.items() if source is not None}

    def sources_of(self, passages: Iterable[Passage]) -> dict[str, SourceText]:
        """
        Return the texts that passages are slices of, each passage compared with its text.

        :raises DamagedIndexError: If one is not the slice that it is said to be.
        """
        passages = list(passages)
        sources = self.sources(passage.file for passage in passages)
        for passage in passages:
            source = sources.get(passage.file)
            if source is None or not passage.stands_in(source):
                place = f"{passage.start}:{passage.end} of {passage.file}"
                raise damaged(self._path, f"a passage is not what stands at {place}")
        return sources


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
