"""How high what was looked for stands in rankings."""

from collections.abc import Sequence

Rank = int | None
"""1-based place of the first thing that counts, or None where there is none."""


def recall_at(ranks: Sequence[Rank], k: int) -> float | None:
    """
    Return the share of rankings whose first `k` places hold what was looked for, in [0, 1].

    This is success@k; with one relevant thing for each question it is recall@k, as the literature on open-domain
    question answering calls it (Karpukhin et al. 2020, section 5.1, "top-k accuracy").

    :returns: None without rankings.
    """
    if not ranks:
        return None
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks)


def mean_reciprocal_rank(ranks: Sequence[Rank]) -> float | None:
    """
    Return the mean of 1 / rank, 0 where nothing was found, in [0, 1] (Voorhees 1999).

    :returns: None without rankings.
    """
    if not ranks:
        return None
    return sum(0.0 if rank is None else 1 / rank for rank in ranks) / len(ranks)
