"""Reciprocal rank fusion, with the numbers of Haystack's DocumentJoiner but without importing Haystack."""

from collections.abc import Sequence
from dataclasses import replace

from spanwise.types import Hit

RANK_CONSTANT = 61


def fuse(rankings: Sequence[Sequence[Hit]], top_k: int) -> list[Hit]:
    """
    Rank passages by the sum of 1 / (61 + rank) over the rankings that hold them (Cormack et al. 2009).

    The sum is scaled so that a passage which leads every ranking scores 1.

    :param rankings: Hits, best first.
    :param top_k: Most hits to return.
    :returns: Hits with the fused score in [0, 1], best first; equal ones in the order in which they first appear.
    """
    scores: dict[str, float] = {}
    hits: dict[str, Hit] = {}
    for ranking in rankings:
        for rank, hit in enumerate(ranking):
            identifier = hit.passage.id
            scores[identifier] = scores.get(identifier, 0.0) + 1 / (RANK_CONSTANT + rank)
            hits.setdefault(identifier, hit)
    best = max(1, len(rankings)) / RANK_CONSTANT
    fused = [replace(hits[identifier], score=score / best) for identifier, score in scores.items()]
    return sorted(fused, key=lambda hit: -hit.score)[:top_k]
