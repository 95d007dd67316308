"""A corpus whose questions are answered on a cluster."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ray

from spanwise.errors import UsageError
from spanwise.index.snapshot import Snapshot
from spanwise.pipeline.corpus import Corpus
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.scale.answering.calls import PATIENCE, Call
from spanwise.scale.answering.spread_search import SpreadSearch
from spanwise.types import Candidate, Hit


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
        return [_candidates(call) for call in calls]


def _candidates(call: Call) -> list[Candidate]:
    found: list[Candidate] | UsageError = call.result()
    if isinstance(found, UsageError):
        raise found
    return found
