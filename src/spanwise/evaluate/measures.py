"""Measures of rankings, confidences and abstentions, from numbers alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rank = int | None
"""1-based place of the first thing that counts, or None if there is none."""

BINS = 10


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


@dataclass(frozen=True, slots=True)
class Bin:
    """
    Answers of about the same confidence.

    :param count: How many.
    :param confidence: Their mean confidence in [0, 1].
    :param right: The share of them that is right, in [0, 1].
    """

    count: int
    confidence: float
    right: float


def equal_mass_bins(confidences: Floats, right: Bools, bins: int = BINS) -> list[Bin]:
    """
    Sort answers by confidence and cut them into bins of as many answers each, give or take one.

    :param confidences: In [0, 1]. *Shape:* (n,).
    :param right: *Shape:* (n,).
    :returns: The bins that are not empty, least confident first.
    """
    order = np.argsort(confidences, kind="stable")
    return [_bin(confidences[part], right[part]) for part in np.array_split(order, bins) if len(part)]


def equal_width_bins(confidences: Floats, right: Bools) -> list[Bin]:
    """
    Cut [0, 1] into `BINS` bins of equal width, each without its lower end; 0 is in the first.

    :param confidences: In [0, 1]. *Shape:* (n,).
    :param right: *Shape:* (n,).
    :returns: The bins that are not empty, least confident first.
    """
    number = np.clip(np.ceil(confidences * BINS).astype(np.int64) - 1, 0, BINS - 1)
    parts = [number == place for place in range(BINS)]
    return [_bin(confidences[part], right[part]) for part in parts if part.any()]


def expected_calibration_error(bins: list[Bin]) -> float | None:
    """
    Return the mean distance of a bin's confidence from its share of right answers, weighted by count, in [0, 1].

    With bins of equal width: Guo et al. 2017, equation 3. With bins of equal mass: Nguyen and O'Connor 2015, section
    3.2, "adaptive binning".

    :returns: None without bins.
    """
    total = sum(entry.count for entry in bins)
    if total == 0:
        return None
    return sum(entry.count * abs(entry.confidence - entry.right) for entry in bins) / total


def brier_score(confidences: Floats, right: Bools) -> float | None:
    """
    Return the mean squared distance of confidence from outcome, in [0, 1], lower is better (Brier 1950).

    :returns: None without answers.
    """
    return float(np.mean((confidences - right) ** 2)) if len(confidences) else None


def auroc(scores: Floats, positive: Bools) -> float | None:
    """
    Return the probability that a positive scores higher than a negative, ties counting half (Hanley and McNeil 1982).

    :param scores: *Shape:* (n,).
    :param positive: *Shape:* (n,).
    :returns: In [0, 1]; None if all are of one kind.
    """
    if positive.all() or not positive.any():
        return None
    from scipy.stats import mannwhitneyu

    beaten = mannwhitneyu(scores[positive], scores[~positive]).statistic
    return float(beaten / (positive.sum() * (~positive).sum()))


def abstention(abstained: Bools, answerable: Bools) -> dict[str, float | None]:
    """
    Measure abstentions as a search for the questions that cannot be answered (van Rijsbergen 1979, chapter 7).

    :param abstained: *Shape:* (n,), n at least 1.
    :param answerable: *Shape:* (n,).
    :returns: "rate", the share of all questions left unanswered; "precision", the share of those that have no answer,
        None if none was left; "recall", the share of those without answer that were left, None if all have one.
    """
    rightly = int(np.sum(abstained & ~answerable))
    left, without = int(abstained.sum()), int(np.sum(~answerable))
    return {
        "rate": left / len(abstained),
        "precision": rightly / left if left else None,
        "recall": rightly / without if without else None,
    }


def risk_coverage(confidences: Floats, right: Bools) -> tuple[Floats, Floats]:
    """
    Return the share of wrong answers among the surest ones, for every number of them (Geifman and El-Yaniv 2017).

    Answers of equal confidence count as if in random order: each adds the mean error of them all.

    :param confidences: *Shape:* (n,).
    :param right: *Shape:* (n,).
    :returns: Coverage, k / n for k = 1 to n, and risk in [0, 1]. *Shape:* (n,) each.
    """
    count = len(confidences)
    if not count:
        return np.zeros(0), np.zeros(0)
    order = np.argsort(-confidences, kind="stable")
    wrong = (~right[order]).astype(np.float64)
    _, group, sizes = np.unique(-confidences[order], return_inverse=True, return_counts=True)
    expected = (np.bincount(group, weights=wrong) / sizes)[group]
    number = np.arange(1, count + 1)
    return number / count, np.cumsum(expected) / number


def area_under_risk_coverage(confidences: Floats, right: Bools) -> float | None:
    """
    Return the mean risk over all coverages, in [0, 1], lower is better (Geifman, Uziel and El-Yaniv 2019, section 3).

    :returns: None without answers.
    """
    return float(risk_coverage(confidences, right)[1].mean()) if len(confidences) else None


def _bin(confidences: Floats, right: Bools) -> Bin:
    return Bin(len(confidences), float(confidences.mean()), float(right.mean()))
