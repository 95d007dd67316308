"""A corpus whose questions are answered on a cluster: each process searches its shares, and others read."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import ray

from spanwise.errors import UsageError
from spanwise.index.snapshot import Snapshot
from spanwise.index.vectors.search import Found
from spanwise.index.vectors.segments import Ids, View
from spanwise.index.vectors.vector_file import Vectors
from spanwise.pipeline.corpus import Corpus
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.scale.answering.calls import PATIENCE, Call, ProcessesDiedError
from spanwise.scale.answering.shares import LoadedShare, Part, graphs_of, parts_of
from spanwise.types import Candidate, Hit

PATIENCE_TO_SEARCH = 10.0
"""Seconds after which a share is searched here."""


@dataclass(frozen=True, slots=True)
class SpreadSearch:
    """
    Finds in a generation what one process would find, in the same order.

    :param folder: The index's.
    :param connection: In a read transaction.
    :param view: The vectors of the same generation.
    :param searchers: Serve's handles of `ShareSearcher`; the shares are dealt out among them in turn.
    :param node: Ray's id of this machine.
    :param patience: Seconds that a search may take.
    """

    folder: Path
    connection: sqlite3.Connection
    view: View
    searchers: Sequence[Any]
    node: str
    patience: float

    def top(self, queries: Vectors, top_k: int, allowed: Ids | None) -> list[Found]:
        """See `spanwise.index.vectors.search.top`."""
        graphs = graphs_of(self.connection)
        parts = [*parts_of(self.view, graphs, self.folder.resolve(), self.node, allowed)]
        begun = (partial(self._begin, place, part, queries, top_k) for place, part in enumerate(parts))
        calls = [Call(begin, min(self.patience, PATIENCE_TO_SEARCH)) for begin in begun]
        found = [self._found(part, call, queries, top_k) for part, call in zip(parts, calls, strict=True)]
        return [_best([one[number] for one in found], top_k) for number in range(len(queries))]

    def _begin(self, place: int, part: Part, queries: Vectors, top_k: int) -> Any:
        # Which generation is meant the request says itself: by its vector files, and which of their rows are dead.
        searcher = self.searchers[place % len(self.searchers)]
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


class SpreadCorpus(Corpus):
    """
    A `Corpus` that gives the answers of any other, found and read by the processes of a cluster.

    The catalogue, and with it texts, words and citations, stays on this machine, which alone opens it.

    :param searchers: Serve's handles of `ShareSearcher`.
    :param reading: Serve's handle of `QuestionReader`.
    :param patience: Seconds that a search, or reading a question's passages, may take.
    :param options: As for `Corpus`.
    """

    def __init__(
        self, path: Path, searchers: Sequence[Any], reading: Any, *, patience: float = PATIENCE, **options: Any
    ) -> None:
        super().__init__(path, **options)
        self.reader = _SpreadReader(self.reader.settings, reading, patience)
        self._searchers = searchers
        self._patience = patience
        self._node = ray.get_runtime_context().get_node_id()

    @contextmanager
    def pinned(self) -> Iterator[Snapshot]:
        """
        See `Corpus.pinned`.

        Words are searched here: what BM25 counts it counts over all passages, and a share would rank otherwise.
        """
        with self.index.snapshot() as (connection, view):
            spread = SpreadSearch(self.path, connection, view, self._searchers, self._node, self._patience)
            yield Snapshot(self.path, connection, view, spread.top)


class _SpreadReader(SpanReader):
    """A reader whose passages other processes read; it loads nothing but the calibration."""

    def __init__(self, settings: ReaderSettings, reading: Any, patience: float) -> None:
        super().__init__(settings)
        self._reading = reading
        self._patience = patience

    def warm_up(self) -> None:
        """Do nothing: Serve has begun when every process had loaded the model."""

    def read_hits(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, top_k: int
    ) -> list[list[Candidate]]:
        """See `SpanReader.read_hits`."""
        asked = zip(questions, hits, strict=True)
        begun = (partial(self._reading.read.remote, question, found, top_k) for question, found in asked)
        calls = [Call(begin, self._patience) for begin in begun]
        found = []
        for call in calls:
            candidates: list[Candidate] | UsageError = call.result()
            if isinstance(candidates, UsageError):
                raise candidates
            found.append(candidates)
        return found


def _best(found: Sequence[Found], top_k: int) -> Found:
    """Return the best of what the shares have for a question; of equal ones the document that was there first."""
    ids: Ids = np.concatenate([np.empty(0, dtype=np.int64), *(one[0] for one in found)])
    scores = np.concatenate([np.empty(0, dtype=np.float64), *(one[1] for one in found)])
    order = np.lexsort((ids, -scores))[:top_k]
    return ids[order], scores[order]
