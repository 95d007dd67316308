"""How far confidences are from the share of right answers, and how well they tell right from wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BINS = 10


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


def equal_width_bins(confidences: Floats, right: Bools, bins: int = BINS) -> list[Bin]:
    """
    Cut [0, 1] into bins of equal width, each without its lower end; 0 is in the first.

    :param confidences: In [0, 1]. *Shape:* (n,).
    :param right: *Shape:* (n,).
    :returns: The bins that are not empty, least confident first.
    """
    number = np.clip(np.ceil(confidences * bins).astype(np.int64) - 1, 0, bins - 1)
    parts = [number == place for place in range(bins)]
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
    :returns: In [0, 1]; None where all are of one kind.
    """
    if positive.all() or not positive.any():
        return None
    from scipy.stats import mannwhitneyu

    beaten = mannwhitneyu(scores[positive], scores[~positive]).statistic
    return float(beaten / (positive.sum() * (~positive).sum()))


def _bin(confidences: Floats, right: Bools) -> Bin:
    return Bin(len(confidences), float(confidences.mean()), float(right.mean()))
