"""Fit how what was found for questions becomes confidences, by the rule that is applied when a corpus is asked."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from spanwise.answer.costs import Bools, Numbers, abstention_threshold, cost_curve, no_answer_threshold
from spanwise.calibration import Calibration, Logistic
from spanwise.errors import UsageError

LEAST_OF_A_KIND = 25
"""Answers that are right, and answers that are wrong, below which nothing is fitted."""
FOLDS = 5
SEED = 0  # draws the fifths
GROUP_FOLDS = 10  # groups differ more than questions do: more is left to fit with
PENALTY = 0.5  # of squared weights of standardized signals: ten events a signal are few (Peduzzi et al. 1996)
# What a unit of these adds to the log odds at least: more of them never makes an answer less likely. Where questions
# are asked of texts that state each thing once, agreement cannot be seen to be worth anything; elsewhere it is.
LEAST_WEIGHTS = {"margin": 0.0, "lead": 0.0, "agreement": 0.2, "retrieval": 0.0, "behind": 0.0, "rank": 0.0}


@dataclass(frozen=True, slots=True)
class RatedAnswer:
    """An answer whose rightness is known; its signals are those of `spanwise.answer.answering.signals`."""

    signals: Mapping[str, float]
    right: bool


@dataclass(frozen=True, slots=True)
class RatedQuestion:
    """
    A question whose right answers are known, or some of the wrong ones.

    :param answers: All of the corpus's answers to it whose rightness is known, highest margin first.
    :param answerable: Whether the corpus holds a right answer; None if that is not known.
    :param group: What it was asked of, such as a source of documents; None if that is not known.
    """

    answers: Sequence[RatedAnswer]
    answerable: bool | None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class HeldOut:
    """
    What models say of the first answer to each question, fitted without that question or its whole group.

    :param confidence: That it is right. *Shape:* (n_questions,).
    :param right: Whether it is. *Shape:* (n_questions,).
    :param no_answer: The probability that the corpus holds no answer. *Shape:* (n_questions,).
    :param answerable: Whether it is known to hold one. *Shape:* (n_questions,).
    :param unanswerable: Whether it is known to hold none. *Shape:* (n_questions,).
    :param groups: What each was asked of. *Shape:* (n_questions,).
    """

    confidence: Numbers
    right: Bools
    no_answer: Numbers
    answerable: Bools
    unanswerable: Bools
    groups: NDArray[np.object_]

    def settled(self) -> "HeldOut":
        """Return those of which is known whether the corpus holds an answer."""
        return self._those(self.answerable | self.unanswerable)

    def of_groups(self, groups: Collection[str]) -> "HeldOut":
        """Return those that were asked of some groups."""
        return self._those(np.isin(self.groups, list(groups)))

    def _those(self, chosen: Bools) -> "HeldOut":
        return HeldOut(*(getattr(self, field.name)[chosen] for field in fields(self)))


def fit_calibration(
    asked: Sequence[RatedQuestion],
    base: Calibration | None = None,
    held: HeldOut | None = None,
    deciding: Collection[str] | None = None,
) -> Calibration:
    """
    Fit the confidences of a corpus: two logistic regressions, two thresholds, and what thresholds cost.

    The thresholds and costs are those of questions left out of the fit.

    :param asked: Questions with at least 25 right and 25 wrong first answers.
    :param base: What is known of the reader by itself, which is kept.
    :param held: What `hold_out` returned for the same questions, where that is known.
    :param deciding: Groups whose questions alone decide on the thresholds; None for all.
    :raises UsageError: If there are fewer.
    """
    found = [question for question in asked if question.answers]
    _require("right first answers", sum(any(rated.right for rated in question.answers) for question in found))
    models = _fit_models(found)
    first = [_first(models, question) for question in found]
    _require("right first answers", sum(rated.right for rated in first))
    _require("wrong first answers", sum(not rated.right for rated in first))
    held = hold_out(asked) if held is None else held
    settled = (held if deciding is None else held.of_groups(deciding)).settled()
    threshold = abstention_threshold(settled.confidence, settled.right, settled.answerable)
    return replace(
        Calibration() if base is None else base,
        threshold=threshold,
        no_answer_threshold=no_answer_threshold(settled.no_answer, settled.confidence < threshold, settled.answerable),
        calibrated=True,
        answer=models.answer,
        unanswerable=models.unanswerable,
        curve=cost_curve(held.confidence, held.right, sum(question.answerable is True for question in asked)),
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
    fitted = fit_logistic([{"margin": margin} for margin in margins], right)
    slope = fitted.weights["margin"]
    return (-fitted.intercept / slope, slope) if slope > 0 else None


def hold_out(asked: Sequence[RatedQuestion]) -> HeldOut:
    """
    Fit without a part of the questions and apply to that part, for each part.

    Parts are of whole groups, up to ten, if there are five groups or more; else fifths of the questions.

    :param asked: As for `fit_calibration`; those without answers are passed over.
    """
    found = [question for question in asked if question.answers]
    confidence, no_answer = np.zeros(len(found)), np.zeros(len(found))
    right = np.zeros(len(found), dtype=np.bool_)
    for part in _parts(found):
        held = set(part)
        models = _fit_models([question for index, question in enumerate(found) if index not in held])
        for index in part:
            first = _first(models, found[index])
            confidence[index] = models.answer_confidence(first.signals)
            no_answer[index] = models.no_answer_confidence(first.signals)
            right[index] = first.right
    answerable, unanswerable = (np.array([one.answerable is value for one in found]) for value in (True, False))
    groups = np.array([one.group for one in found], dtype=np.object_)
    return HeldOut(confidence, right, no_answer, answerable, unanswerable, groups)


def _parts(found: Sequence[RatedQuestion]) -> list[list[int]]:
    groups: dict[str | None, list[int]] = {}
    for index, question in enumerate(found):
        groups.setdefault(question.group, []).append(index)
    if len(groups) < FOLDS:
        order = np.random.default_rng(SEED).permutation(len(found)).tolist()
        return [order[fold::FOLDS] for fold in range(FOLDS)]
    parts: list[list[int]] = [[] for _ in range(min(GROUP_FOLDS, len(groups)))]
    for members in sorted(groups.values(), key=len, reverse=True):
        min(parts, key=len).extend(members)
    return parts


def _first(models: Calibration, question: RatedQuestion) -> RatedAnswer:
    """Return the answer of highest confidence, which is the one that counts."""
    return max(question.answers, key=lambda rated: models.answer_confidence(rated.signals))


def _fit_models(found: Sequence[RatedQuestion]) -> Calibration:
    """Return a calibration with the two regressions, or with the first alone where few questions are of one kind."""
    models = Calibration(answer=_fit_answer(found))
    settled = [question for question in found if question.answerable is not None]
    answerable = [question.answerable is True for question in settled]
    if min(sum(answerable), len(answerable) - sum(answerable)) < LEAST_OF_A_KIND:
        return models
    turned = fit_logistic([_first(models, question).signals for question in settled], answerable)
    weights = {name: -weight for name, weight in turned.weights.items()}
    return replace(models, unanswerable=Logistic(-turned.intercept, weights))


def _fit_answer(found: Sequence[RatedQuestion]) -> Logistic:
    """
    Fit the order of answers to all of them, and then the level of confidence to those that come first by it.

    Of many candidates the one of highest confidence is right more often or less than a fit to all of them says; what
    `ask` tells a user, and compares with the threshold, is the confidence of that one.
    """
    every = [rated for question in found for rated in question.answers]
    order = fit_logistic([rated.signals for rated in every], [rated.right for rated in every])
    first = [_first(Calibration(answer=order), question) for question in found]
    level = fit_logistic([{"odds": order.log_odds(rated.signals)} for rated in first], [rated.right for rated in first])
    slope = level.weights["odds"]
    if slope <= 0:
        return order
    weights = {name: max(slope * weight, LEAST_WEIGHTS.get(name, -math.inf)) for name, weight in order.weights.items()}
    return Logistic(level.intercept + slope * order.intercept, weights)


def fit_logistic(signals: Sequence[Mapping[str, float]], right: Sequence[bool]) -> Logistic:
    """
    Fit a penalized logistic regression, none of its weights below `LEAST_WEIGHTS` (Hastie et al. 2009, 4.4).

    :param signals: The same names each.
    :param right: Whether each turned out so.
    """
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
