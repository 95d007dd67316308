"""What thresholds cost, and those that keep a cost low."""

import numpy as np
from numpy.typing import NDArray

from spanwise.calibration import Point

MOST_ANSWERED = 0.15
"""The share of unanswerable questions that are answered at the threshold, at most."""
MOST_DENIED = 0.15
"""The share of answerable questions to which "no answer" is said, at most."""
LEAST_UNANSWERABLE = 25  # below which their share says little
POINTS = 50

Numbers = NDArray[np.float64]
Bools = NDArray[np.bool_]


def abstention_threshold(confidence: Numbers, right: Bools, answerable: Bools) -> float:
    """
    Return the lowest confidence at which at most 15% of unanswerable questions are answered.

    With fewer than 25 of these it is the one with most right decisions: answers given, and questions left.

    :param confidence: Of the first answer to each question, in [0, 1]. *Shape:* (n_questions,).
    :param right: Whether that is right. *Shape:* (n_questions,).
    :param answerable: Whether the corpus holds an answer. *Shape:* (n_questions,).
    """
    values = np.unique(confidence)
    impossible = np.sort(confidence[~answerable])
    if len(impossible) >= LEAST_UNANSWERABLE:
        below = impossible[len(impossible) - int(MOST_ANSWERED * len(impossible)) - 1]
        above = values[values > below]
        return float((below + above[0]) / 2 if len(above) else np.nextafter(below, 1.0))
    gained = [np.sum((right & (confidence >= value)) | (~answerable & (confidence < value))) for value in values]
    return float(values[int(np.argmax(gained))])


def no_answer_threshold(no_answer: Numbers, abstained: Bools, answerable: Bools) -> float:
    """
    Return the lowest probability of no answer from which on at most 15% of answerable questions are told there is none.

    :param no_answer: That the corpus holds no answer, in [0, 1]. *Shape:* (n_questions,).
    :param abstained: Whether no answer is given. *Shape:* (n_questions,).
    :param answerable: Whether the corpus holds an answer. *Shape:* (n_questions,).
    :returns: At least 0.5: what is likelier answered than not is never denied.
    """
    most = int(MOST_DENIED * int(answerable.sum()))
    denied = np.sort(no_answer[abstained & answerable])[::-1]
    if len(denied) <= most:
        return 0.5
    above = np.sort(no_answer[no_answer > denied[most]])
    return max(0.5, float((denied[most] + above[0]) / 2 if len(above) else np.nextafter(denied[most], 1.0)))


def cost_curve(confidence: Numbers, right: Bools, answerable: int) -> tuple[Point, ...]:
    """
    Return what thresholds cost, lowest first.

    Precision is made to rise with the threshold by isotonic regression (Barlow et al. 1972).

    :param answerable: How many questions have an answer in the corpus.
    """
    from scipy.optimize import isotonic_regression

    thresholds = np.unique(np.quantile(confidence, np.linspace(0, 0.98, POINTS)))
    given = [confidence >= value for value in thresholds]
    precision = [right[part].mean() for part in given]
    rising = isotonic_regression(precision, weights=[part.sum() for part in given]).x
    return tuple(
        Point(float(value), float(share), float(np.sum(right & part) / max(1, answerable)))
        for value, share, part in zip(thresholds, rising, given, strict=True)
    )
