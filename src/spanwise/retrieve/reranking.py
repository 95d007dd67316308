"""Put what was found into the order of a model that reads question and passage together."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from spanwise.types import Hit

RERANKED = 50
"""Fewest passages that a reranker is given of a question, however few are wanted of it."""


class Scorer(Protocol):
    """What says how well questions and passages fit."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return a number for each (question, passage), higher is better."""
        ...


def rerank(scorer: Scorer, questions: Sequence[str], hits: Sequence[Sequence[Hit]], top_k: int) -> list[list[Hit]]:
    """
    Sort each question's hits by a scorer.

    :param hits: For each question what was found for it.
    :param top_k: Most hits to keep of a question.
    :returns: For each question its hits with the scorer's scores, best first; equal ones in the order given.
    """
    pairs = [(question, hit.passage.text) for question, found in zip(questions, hits, strict=True) for hit in found]
    scores = iter(scorer.score(pairs))
    scored = [[replace(hit, score=next(scores)) for hit in found] for found in hits]
    return [sorted(found, key=lambda hit: -hit.score)[:top_k] for found in scored]
