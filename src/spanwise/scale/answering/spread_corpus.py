"""A corpus whose questions are answered on a cluster: each process searches its shares, and others read."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import ray
from ray.exceptions import RayError, RayTaskError
from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

from spanwise.errors import SpanwiseError, UsageError
from spanwise.index.snapshot import Snapshot
from spanwise.index.vectors.search import Found
from spanwise.index.vectors.segments import Ids
from spanwise.index.vectors.vector_file import Vectors
from spanwise.pipeline.corpus import Corpus
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.scale.answering.shares import LoadedShare, Part, parts_of
from spanwise.types import Candidate, Hit

TRIES = 4
BETWEEN = 0.2  # seconds between two tries
PATIENCE = 60.0  # seconds that an answer may take
PATIENCE_TO_SEARCH = 10.0
"""Seconds after which a share is searched here."""


class ProcessesDiedError(SpanwiseError):
    """The processes that were to answer died, each time that they were asked."""


class Call:
    """
    One call, which is under way when this is made. It must be one that can be made again.

    :param begin: Makes the call, and returns Serve's response.
    :param patience: Seconds that the answer may take, with all tries.
    """

    def __init__(self, begin: Callable[[], Any], patience: float = PATIENCE) -> None:
        self._begin = begin
        self._patience = patience
        self._ends = time.monotonic() + patience
        self._response = begin()

    def result(self) -> Any:
        """
        Wait for the result.

        :raises TimeoutError: If it takes too long.
        :raises SpanwiseError: If the call failed with one, or the processes died again and again.
        """
        for left in reversed(range(TRIES)):
            try:
                return self._response.result(timeout_s=max(0.0, self._ends - time.monotonic()))
            except TimeoutError as error:
                msg = f"not answered by the cluster within {self._patience:.0f} s; ask again in a moment"
                raise TimeoutError(msg) from error
            except RayTaskError as error:
                if isinstance(error.cause, SpanwiseError):
                    raise error.cause from None
                raise
            except (RayError, DeploymentUnavailableError, ReplicaUnavailableError) as error:
                if not left:
                    msg = f"expected a cluster that answers, its processes died {TRIES} times ({type(error).__name__})"
                    raise ProcessesDiedError(msg) from error
                time.sleep(BETWEEN)
                self._response = self._begin()
        raise AssertionError


def search_shares(
    parts: Sequence[Part], searchers: Sequence[Any], queries: Vectors, top_k: int, patience: float
) -> list[Found]:
    """
    Find in shares what one process would find, in the same order; see `spanwise.index.vectors.search.top`.

    :param searchers: Serve's handles of `ShareSearcher`; the shares are dealt out among them in turn.
    :param patience: Seconds that a search may take.
    """
    # Which generation is meant the request says itself: by its vector files, and which of their rows are dead.
    asked = [(part.share, queries, top_k, part.dead, part.allowed) for part in parts]
    begun = (partial(one.search.remote, *what) for one, what in zip(cycle(searchers), asked, strict=False))
    calls = [Call(begin, min(patience, PATIENCE_TO_SEARCH)) for begin in begun]
    found = [_found(part, call, queries, top_k) for part, call in zip(parts, calls, strict=True)]
    return [_best([one[number] for one in found], top_k) for number in range(len(queries))]


def _found(part: Part, call: Call, queries: Vectors, top_k: int) -> list[Found]:
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

            def top(queries: Vectors, top_k: int, allowed: Ids | None) -> list[Found]:
                parts = [*parts_of(connection, view, self.path.resolve(), self._node, allowed)]
                return search_shares(parts, self._searchers, queries, top_k, self._patience)

            yield Snapshot(self.path, connection, view, top)


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
