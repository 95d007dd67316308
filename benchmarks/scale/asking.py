"""What a question takes of an index, apart for finding passages and for reading them, and what is found."""

import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.harness import Result
from benchmarks.scale.made import MadeEncoder
from benchmarks.store.passages import Vectors
from numpy.typing import NDArray

from spanwise.retrieve.retriever import SEARCHED

TOP_K = 10
Times = NDArray[np.float64]


def ask(index: Path, questions: list[str], base: Vectors | None) -> Result:
    """
    Ask questions one by one, of a corpus that is opened once, after one that is not counted.

    :param base: What the index's vectors were made around; None where they were embedded.
    :returns: Medians in milliseconds, by the clock and of the processors: "retrieve" is embedding the question and
        finding passages, of which "dense" is the search by vectors and "lexical" that by words; "read" is all the rest.
    """
    from spanwise.index.snapshot import Snapshot
    from spanwise.pipeline import corpus as module

    with module.Corpus(index, device="cpu") as corpus:
        if base is not None:
            vars(corpus)["_loaded_encoder"] = MadeEncoder(base)
        finding = _Clock((module, "retrieve"), (corpus.encoder, "encode_queries"))
        searching = {"dense": _Clock((Snapshot, "search")), "lexical": _Clock((Snapshot, "lexical"))}
        corpus.ask(questions[0], threshold=0)
        times: dict[str, list[Times]] = {"retrieve": [], "read": [], "dense": [], "lexical": []}
        for question in questions:
            for clock in (finding, *searching.values()):
                clock.spent = np.zeros(2)
            began = _now()
            corpus.ask(question, threshold=0)
            times["read"].append(_now() - began - finding.spent)
            times["retrieve"].append(finding.spent)
            for name, clock in searching.items():
                times[name].append(clock.spent)
        vectors = corpus.encoder.encode_queries(questions)
        found = {
            "recall": recall(corpus.index, vectors, TOP_K),
            "recall_asked": recall(corpus.index, vectors, SEARCHED),
        }
    medians = {name: 1000 * np.median(spent, axis=0) for name, spent in times.items()}
    by_clock = {name: float(both[0]) for name, both in medians.items()}
    return {**by_clock, **{f"{name}_cpu": float(both[1]) for name, both in medians.items()}, **found}


def recall(index: Any, vectors: Vectors, depth: int) -> float:
    """Return the share of the true ten nearest passages among so many that a search finds, over all questions."""
    from spanwise.index.vectors.search import top, unit_queries

    with index.snapshot() as (connection, view):
        everything = np.array([number for (number,) in connection.execute("SELECT id FROM documents ORDER BY id")])
        queries = unit_queries(vectors, None)
        pairs = zip(top(view, queries, depth), top(view, queries, TOP_K, everything), strict=True)
        return float(np.mean([len(np.intersect1d(found[0], true[0])) / TOP_K for found, true in pairs]))


class _Clock:
    """Adds up what calls of functions or methods take: seconds by the clock, and of this process's processors."""

    def __init__(self, *watched: tuple[Any, str]) -> None:
        self.spent: Times = np.zeros(2)
        for owner, attribute in watched:
            self._watch(owner, attribute)

    def _watch(self, owner: Any, attribute: str) -> None:
        function: Callable[..., Any] = getattr(owner, attribute)

        @wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            began = _now()
            try:
                return function(*args, **kwargs)
            finally:
                self.spent = self.spent + (_now() - began)

        setattr(owner, attribute, counted)


def _now() -> Times:
    return np.array([time.perf_counter(), time.process_time()])
