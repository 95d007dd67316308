"""Fit how what was found for questions becomes confidences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spanwise.calibration import Calibration, Logistic, Point
from spanwise.errors import UsageError

LEAST_OF_A_KIND = 25
"""Answers that are right, and answers that are wrong, below which nothing is fitted."""
FOLDS = 5
PENALTY = 0.5  # of squared weights of standardized signals: ten events a signal are few (Peduzzi et al. 1996)
# What a unit of these adds to the log odds at least: more of them never makes an answer less likely. Where questions
# are asked of texts that state each thing once, agreement cannot be seen to be worth anything; elsewhere it is.
LEAST_WEIGHTS = {"margin": 0.0, "lead": 0.0, "agreement": 0.2, "retrieval": 0.0}
POINTS = 50

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rated:
    """An answer whose rightness is known; its signals are those of `spanwise.answer.signals`."""

    signals: Mapping[str, float]
    right: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A question whose right answers are known.

    :param answers: The corpus's answers to it, best first.
    :param answerable: Whether the corpus holds a right answer.
    """

    answers: Sequence[Rated]
    answerable: bool


@dataclass(frozen=True, slots=True)
class HeldOut:
    """
    What a calibration gives for the first answer to each question, fitted without that question.

    :param confidence: That it is right. *Shape:* (n_questions,).
    :param right: Whether it is. *Shape:* (n_questions,).
    :param no_answer: The probability that the corpus holds no answer. *Shape:* (n_questions,).
    :param answerable: Whether it holds one. *Shape:* (n_questions,).
    """

    confidence: Numbers
    right: NDArray[np.bool_]
    no_answer: Numbers
    answerable: NDArray[np.bool_]


def fit_calibration(asked: Sequence[Asked], base: Calibration | None = None) -> Calibration:
    """
    Fit the confidences of a corpus: two logistic regressions, the threshold and what thresholds cost.

    :param asked: Questions with at least 25 right and 25 wrong first answers.
    :param base: What is known of the reader by itself, which is kept.
    :raises UsageError: If there are fewer.
    """
    found = [question for question in asked if question.answers]
    first = [question.answers[0] for question in found]
    _require("right first answers", sum(rated.right for rated in first))
    _require("wrong first answers", sum(not rated.right for rated in first))
    return _fit_all(asked, Calibration() if base is None else base)


def _fit_all(asked: Sequence[Asked], base: Calibration) -> Calibration:
    found = [question for question in asked if question.answers]
    first = [question.answers[0] for question in found]
    every = [rated for question in found for rated in question.answers]
    answer = _fit([rated.signals for rated in every], [rated.right for rated in every])
    impossible = [not question.answerable for question in found]
    unanswerable = None
    if min(sum(impossible), len(impossible) - sum(impossible)) >= LEAST_OF_A_KIND:
        turned = _fit([rated.signals for rated in first], [not value for value in impossible])
        unanswerable = Logistic(-turned.intercept, {name: -weight for name, weight in turned.weights.items()})
    confidence = np.array([answer.probability(rated.signals) for rated in first])
    right = np.array([rated.right for rated in first])
    answerable = np.array([question.answerable for question in found])
    return replace(
        base,
        threshold=best_threshold(confidence, right, answerable),
        calibrated=True,
        answer=answer,
        unanswerable=unanswerable,
        curve=cost_curve(confidence, right, sum(question.answerable for question in asked)),
    )


def fit_margins(margins: Sequence[float], right: Sequence[bool]) -> tuple[float, float] | None:
    """
    Fit the probability that a span of one passage is right to its margin (Platt 1999).

    :param margins: Of the best span of each passage, in logits.
    :param right: Whether it is right.
    :returns: The null threshold and the slope; None where fewer than 25 are right or wrong, or margins tell nothing.
    """
    if min(sum(right), len(right) - sum(right)) < LEAST_OF_A_KIND:
        return None
    fitted = _fit([{"margin": margin} for margin in margins], right)
    slope = fitted.weights["margin"]
    return (-fitted.intercept / slope, slope) if slope > 0 else None


def hold_out(asked: Sequence[Asked], *, seed: int = 0) -> HeldOut:
    """
    Fit on four fifths of the questions and apply to the fifth, for each fifth.

    :param asked: As for `fit_calibration`.
    """
    found = [question for question in asked if question.answers]
    order = np.random.default_rng(seed).permutation(len(found))
    confidence, no_answer = np.zeros(len(found)), np.zeros(len(found))
    for fold in range(FOLDS):
        held = set(order[fold::FOLDS].tolist())
        fitted = _fit_all([question for index, question in enumerate(found) if index not in held], Calibration())
        for index in held:
            seen = found[index].answers[0].signals
            confidence[index] = fitted.answer.probability(seen) if fitted.answer else 0.0
            no_answer[index] = fitted.unanswerable.probability(seen) if fitted.unanswerable else 1 - confidence[index]
    return HeldOut(
        confidence,
        np.array([question.answers[0].right for question in found]),
        no_answer,
        np.array([question.answerable for question in found]),
    )


def best_threshold(confidence: Numbers, right: NDArray[np.bool_], answerable: NDArray[np.bool_]) -> float:
    """Return the threshold with most right answers given plus unanswerable questions left, as SQuAD's best_exact."""
    values = np.unique(confidence)
    gained = [np.sum((right & (confidence >= value)) | (~answerable & (confidence < value))) for value in values]
    return float(values[int(np.argmax(gained))])


def cost_curve(confidence: Numbers, right: NDArray[np.bool_], answerable: int) -> tuple[Point, ...]:
    """
    Return what thresholds cost, lowest first.

    Precision is made to rise with the threshold by isotonic regression (Barlow et al. 1972).

    :param answerable: How many questions have an answer in the corpus.
    """
    from sklearn.isotonic import IsotonicRegression

    thresholds = np.unique(np.quantile(confidence, np.linspace(0, 0.98, POINTS)))
    given = [confidence >= value for value in thresholds]
    precision = [right[part].mean() for part in given]
    rising = IsotonicRegression().fit_transform(thresholds, precision, sample_weight=[part.sum() for part in given])
    return tuple(
        Point(float(value), float(share), float(np.sum(right & part) / max(1, answerable)))
        for value, share, part in zip(thresholds, rising, given, strict=True)
    )


def _fit(signals: Sequence[Mapping[str, float]], right: Sequence[bool]) -> Logistic:
    """Fit a penalized logistic regression, none below `LEAST_WEIGHTS` (Hastie et al. 2009, 4.4)."""
    from scipy.optimize import minimize

    names = list(signals[0])
    values = np.array([[seen[name] for name in names] for seen in signals])
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-9)
    standard = np.column_stack([np.ones(len(values)), (values - mean) / deviation])
    sign = np.where(np.array(right), 1.0, -1.0)

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        odds = sign * (standard @ weights)
        penalty = np.r_[0.0, weights[1:]]
        gradient = -(sign * np.exp(-np.logaddexp(0, odds))) @ standard + 2 * PENALTY * penalty
        return float(np.logaddexp(0, -odds).sum() + PENALTY * penalty @ penalty), gradient

    least = [
        LEAST_WEIGHTS[name] * unit if name in LEAST_WEIGHTS else -np.inf
        for name, unit in zip(names, deviation, strict=True)
    ]
    start = np.maximum(0.0, [-np.inf, *least])
    found = minimize(loss, start, jac=True, bounds=[(None, None), *((low, None) for low in least)], method="L-BFGS-B").x
    weights = found[1:] / deviation
    return Logistic(float(found[0] - weights @ mean), dict(zip(names, weights.tolist(), strict=True)))


def _require(what: str, count: int) -> None:
    if count < LEAST_OF_A_KIND:
        msg = f"expected at least {LEAST_OF_A_KIND} {what} to calibrate with, found {count}; give more questions"
        raise UsageError(msg)
