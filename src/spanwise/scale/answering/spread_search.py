"""One generation whose vectors the processes of a cluster search, each its share."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spanwise.checks import check_positive
from spanwise.index.catalogue import rows
from spanwise.index.snapshot import Snapshot
from spanwise.index.vectors.lru_cache import Ids
from spanwise.index.vectors.search import Found, unit_queries
from spanwise.index.vectors.segments import View
from spanwise.index.vectors.vector_file import Vectors
from spanwise.scale.answering.calls import Call, ProcessesDiedError
from spanwise.scale.answering.loaded_share import LoadedShare
from spanwise.scale.answering.shares import Part, graphs_of, parts_of
from spanwise.types import FileGlobs, Hit

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from numpy.typing import NDArray


PATIENCE_TO_SEARCH = 10.0
"""Seconds after which a share is searched here."""


class SpreadSnapshot(Snapshot):
    """
    A generation that finds by meaning what one process would find, in the same order.

    Words are searched here: what BM25 counts it counts over all passages, and a share would rank otherwise.

    :param searchers: Serve's handles of `ShareSearcher`; the shares are dealt out among them in turn.
    :param node: Ray's id of this machine.
    :param patience: Seconds that a search may take.
    """

    def __init__(
        self,
        path: "Path",
        connection: "sqlite3.Connection",
        view: View,
        searchers: Sequence[Any],
        node: str,
        patience: float,
    ) -> None:
        super().__init__(path, connection, view)
        self._spread = view
        self._searchers = searchers
        self._node = node
        self._patience = patience

    def search(self, vectors: "NDArray[np.float32]", top_k: int, *, files: FileGlobs = None) -> list[list[Hit]]:
        """See `Snapshot.search`."""
        check_positive(top_k=top_k)
        queries = unit_queries(vectors, self.dimension)
        allowed = self._allowed(self._spread, files)
        graphs = graphs_of(self._connection)
        parts = [*parts_of(self._spread, graphs, self.path.resolve(), self._node, allowed)]
        begun = (partial(self._begin, place, part, queries, top_k) for place, part in enumerate(parts))
        calls = [Call(begin, min(self._patience, PATIENCE_TO_SEARCH)) for begin in begun]
        found = [self._found(part, call, queries, top_k) for part, call in zip(parts, calls, strict=True)]
        best = [_best([one[number] for one in found], top_k) for number in range(len(queries))]
        return [
            rows.read_hits(self._connection, zip(ids.tolist(), scores.tolist(), strict=True)) for ids, scores in best
        ]

    def _begin(self, place: int, part: Part, queries: Vectors, top_k: int) -> Any:
        # Which generation is meant the request says itself: by its vector files, and which of their rows are dead.
        searcher = self._searchers[place % len(self._searchers)]
        return searcher.search.remote(part.share, queries, top_k, part.dead, part.allowed)

    def _found(self, part: Part, call: Call, queries: Vectors, top_k: int) -> list[Found]:
        """Return the ids of documents and their scores; the share is at hand here too, even if a commit removed it."""
        found: list[Found] | None = None
        with suppress(TimeoutError, ProcessesDiedError):  # no question is to wait until another process has begun
            found = call.result()
        if found is None:
            here = LoadedShare(part.share, part.segment.vectors, part.share.first)
            found = here.search(queries, top_k, part.dead, part.allowed)
        return [(part.segment.ids[places], scores) for places, scores in found]


def _best(found: Sequence[Found], top_k: int) -> Found:
    """Return the best of what the shares have for a question; of equal ones the document that was there first."""
    ids: Ids = np.concatenate([np.empty(0, dtype=np.int64), *(one[0] for one in found)])
    scores = np.concatenate([np.empty(0, dtype=np.float64), *(one[1] for one in found)])
    order = np.lexsort((ids, -scores))[:top_k]
    return ids[order], scores[order]
