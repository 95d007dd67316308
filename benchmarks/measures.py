"""Numbers about rankings and confidences that the benchmarks of retrieval and of answers share."""

import math
from collections.abc import Sequence

DEPTHS = (1, 5, 10, 20, 50)


def recall(ranks: Sequence[int | None], depth: int) -> float:
    """Return the share of ranks, counted from 1, that are at most `depth`; None is what was not found."""
    return sum(rank is not None and rank <= depth for rank in ranks) / max(1, len(ranks))


def mean_reciprocal_rank(ranks: Sequence[int | None]) -> float:
    """Return the mean of 1 / rank, 0 for what was not found (Voorhees 1999)."""
    return sum(1 / rank for rank in ranks if rank is not None) / max(1, len(ranks))


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Return how often a positive scores above a negative, ties counted half; NaN without one of each."""
    highs = [score for score, is_positive in zip(scores, positive, strict=True) if is_positive]
    lows = [score for score, is_positive in zip(scores, positive, strict=True) if not is_positive]
    if not highs or not lows:
        return math.nan
    wins = sum((high > low) + 0.5 * (high == low) for high in highs for low in lows)
    return wins / (len(highs) * len(lows))
