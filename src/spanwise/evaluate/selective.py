"""What abstaining is worth: its precision and recall, and risk against coverage."""

from dataclasses import dataclass

import numpy as np

from spanwise.evaluate.calibration_measures import Bools, Floats


@dataclass(frozen=True, slots=True)
class Abstention:
    """
    How abstentions meet the questions that cannot be answered.

    :param rate: Share of all questions left unanswered, in [0, 1].
    :param precision: Share of those left unanswered that have no answer; None where none was left.
    :param recall: Share of those without answer that were left unanswered; None where all have one.
    """

    rate: float
    precision: float | None
    recall: float | None


def abstention(abstained: Bools, answerable: Bools) -> Abstention:
    """
    Measure abstentions as a search for the questions that cannot be answered (van Rijsbergen 1979, chapter 7).

    :param abstained: *Shape:* (n,), n at least 1.
    :param answerable: *Shape:* (n,).
    """
    rightly = int(np.sum(abstained & ~answerable))
    left, without = int(abstained.sum()), int(np.sum(~answerable))
    return Abstention(
        rate=left / len(abstained),
        precision=rightly / left if left else None,
        recall=rightly / without if without else None,
    )


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
