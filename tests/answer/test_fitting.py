"""Fits to data drawn from known probabilities."""

import math
from dataclasses import replace

import numpy as np
import pytest

from spanwise.answer.costs import abstention_threshold, no_answer_threshold
from spanwise.answer.fitting import LEAST_WEIGHTS, RatedAnswer, RatedQuestion, fit_calibration, fit_margins, hold_out
from spanwise.calibration import Calibration, logistic
from spanwise.errors import UsageError

TRUE = {"margin": 0.5, "lead": 0.3, "agreement": 0.8, "retrieval": 2.0, "length": -0.4}
INTERCEPT = -3.0


def asked(count, seed=0, *, answers=1, unanswerable=0.3):
    """Questions whose answers are right with the probability of `TRUE`; none where there is no answer."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        answerable = bool(draw.random() >= unanswerable)
        rated = []
        for _ in range(answers):
            signals = {
                "margin": draw.normal(4 if answerable else 0, 3),
                "lead": draw.normal(0, 2),
                "agreement": math.log2(draw.integers(1, 5)),
                "retrieval": draw.random(),
                "length": math.log(draw.integers(1, 8)),
            }
            odds = INTERCEPT + sum(TRUE[name] * value for name, value in signals.items())
            rated.append(RatedAnswer(signals, answerable and bool(draw.random() < logistic(odds))))
        found.append(RatedQuestion(rated, answerable))
    return found


def test_the_weights_that_made_the_data_are_found():
    base = Calibration(null_threshold=2.0, slope=0.3, null_answer=False)
    fitted = fit_calibration(asked(20_000, unanswerable=0), base)
    assert (fitted.null_threshold, fitted.slope, fitted.null_answer) == (2.0, 0.3, False)
    assert fitted.answer.weights == pytest.approx(TRUE, abs=0.1)
    assert fitted.answer.intercept == pytest.approx(INTERCEPT, abs=0.2)
    assert fitted.unanswerable is None
    assert fitted.calibrated


def test_margins_of_one_passage():
    draw = np.random.default_rng(0)
    margins = draw.normal(0, 6, 20_000)
    right = draw.random(20_000) < 1 / (1 + np.exp(-0.4 * (margins - 3)))
    threshold, slope = fit_margins(margins.tolist(), right.tolist())
    assert (threshold, slope) == (pytest.approx(3, abs=0.2), pytest.approx(0.4, abs=0.03))
    assert fit_margins(margins.tolist(), (margins < 0).tolist()) is None
    assert fit_margins([1.0] * 60, [True] * 40 + [False] * 20) is None


def test_confidences_of_new_questions_are_shares_of_right_answers():
    fitted, new = fit_calibration(asked(3000)), asked(5000, seed=1)
    confidence = np.array([fitted.answer.probability(question.answers[0].signals) for question in new])
    right = np.array([question.answers[0].right for question in new])
    for part in np.array_split(np.argsort(confidence), 8):
        assert confidence[part].mean() == pytest.approx(right[part].mean(), abs=0.06)
    empty = np.array([fitted.unanswerable.probability(question.answers[0].signals) for question in new])
    impossible = np.array([not question.answerable for question in new])
    for part in np.array_split(np.argsort(empty), 8):
        assert empty[part].mean() == pytest.approx(impossible[part].mean(), abs=0.08)


def test_a_signal_that_should_rise_never_counts_against_an_answer():
    turned = [
        RatedQuestion(
            [RatedAnswer({**r.signals, "agreement": 2 - r.signals["agreement"]}, r.right) for r in question.answers],
            True,
        )
        for question in asked(2000, unanswerable=0)
    ]
    fitted = fit_calibration(turned)
    assert fitted.answer.weights["agreement"] == pytest.approx(LEAST_WEIGHTS["agreement"]) == 0.2
    assert fitted.unanswerable is None
    assert fitted.answer.weights["length"] < -0.2


def test_what_thresholds_cost():
    data = asked(4000)
    fitted = fit_calibration(data)
    precision = [point.precision for point in fitted.curve]
    recall = [point.recall for point in fitted.curve]
    assert precision == sorted(precision)
    assert recall == sorted(recall, reverse=True)
    new = asked(4000, seed=2)
    first = [(fitted.answer.probability(question.answers[0].signals), question.answers[0].right) for question in new]
    threshold = fitted.threshold_for(precision=0.8)
    given = [right for confidence, right in first if confidence >= threshold]
    assert np.mean(given) == pytest.approx(0.8, abs=0.05)
    threshold = fitted.threshold_for(recall=0.3)
    answerable = sum(question.answerable for question in new)
    reached = sum(right for confidence, right in first if confidence >= threshold) / answerable
    assert reached == pytest.approx(0.3, abs=0.05)


def test_thresholds_that_nothing_reaches():
    fitted = fit_calibration(asked(4000, unanswerable=0.6))
    with pytest.raises(UsageError, match=r"expected a recall of at most 0\.\d\d, the best .* found 1"):
        fitted.threshold_for(recall=1.0)
    with pytest.raises(UsageError, match=r"expected a precision of at most 0\.\d\d, the best .* found 1"):
        fitted.threshold_for(precision=1.0)


def test_without_unanswerable_questions_the_threshold_makes_most_decisions_right():
    draw = np.random.default_rng(0)
    confidence = draw.random(500)
    right = draw.random(500) < confidence
    threshold = abstention_threshold(confidence, right, np.ones(500, dtype=bool))
    assert np.sum(right & (confidence >= threshold)) == right.sum()


@pytest.mark.parametrize("count", [25, 100, 333])
def test_the_threshold_answers_at_most_15_percent_of_the_unanswerable(count):
    draw = np.random.default_rng(count)
    confidence = np.r_[draw.random(400), np.round(draw.random(count), 2)]  # with ties
    answerable = np.r_[np.ones(400, dtype=bool), np.zeros(count, dtype=bool)]
    threshold = abstention_threshold(confidence, answerable, answerable)
    answered = np.mean(confidence[~answerable] >= threshold)
    assert answered <= 0.15
    lower = np.max(confidence[~answerable & (confidence < threshold)])
    assert np.mean(confidence[~answerable] >= lower) > 0.15


def test_the_questions_of_some_groups_can_decide_on_the_thresholds():
    """Those of the other groups look alike, but the questions without an answer are as tempting as the others."""
    plain = [replace(question, group=f"plain {index % 4}") for index, question in enumerate(asked(2000))]
    tempting = [
        replace(question, answerable=False, group="tempting") for question in asked(2000, unanswerable=0, seed=1)
    ]
    held = hold_out([*plain, *tempting])
    every, few = (fit_calibration([*plain, *tempting], None, held, chosen) for chosen in (None, {"plain 0", "plain 1"}))
    assert (few.answer, few.unanswerable, few.curve) == (every.answer, every.unanswerable, every.curve)
    assert few.threshold < every.threshold - 0.1
    chosen = held.of_groups({"plain 0", "plain 1"})
    assert len(chosen.right) == 1000
    assert 0.1 < np.mean(chosen.confidence[chosen.unanswerable] >= few.threshold) <= 0.15


def test_no_answer_is_said_to_at_most_15_percent_of_the_answerable():
    draw = np.random.default_rng(0)
    answerable = draw.random(1000) < 0.6
    no_answer = np.clip(draw.normal(np.where(answerable, 0.55, 0.7), 0.2), 0, 1)
    abstained = no_answer > 0.4
    threshold = no_answer_threshold(no_answer, abstained, answerable)
    denied = abstained & (no_answer >= threshold)
    assert 0.13 < np.mean(denied[answerable]) <= 0.15
    assert no_answer_threshold(no_answer / 4, abstained, answerable) == 0.5


def crossed(count, seed=0):
    """Two answers a question: the one of higher margin is seldom right, the one that is found better often."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(count):
        answerable = bool(draw.random() < 0.6)
        rated = [
            RatedAnswer(
                {"margin": 6 + draw.normal(), "retrieval": draw.normal(0, 0.3)}, answerable and draw.random() < 0.1
            ),
            RatedAnswer(
                {"margin": 4 + draw.normal(), "retrieval": draw.normal(3 if answerable else 1, 1)},
                answerable and bool(draw.random() < 0.8),
            ),
        ]
        found.append(RatedQuestion(rated, answerable, f"group {number % 7}"))
    return found


def applied(fitted, question):
    """Return the confidence and rightness of the first answer as asking has it, and that there is no answer."""
    first = max(question.answers, key=lambda rated: fitted.answer.probability(rated.signals))
    return fitted.answer.probability(first.signals), first.right, fitted.unanswerable.probability(first.signals)


def test_what_is_fitted_is_the_answer_of_highest_confidence():
    data, new = crossed(2000), crossed(4000, seed=1)
    fitted = fit_calibration(data)
    confidence, right, no_answer = map(np.array, zip(*(applied(fitted, question) for question in new), strict=True))
    by_margin = np.array([question.answers[0].right for question in new])
    assert right.mean() > 2 * by_margin.mean()
    answerable = np.array([question.answerable for question in new])
    assert np.mean(confidence[~answerable] >= fitted.threshold) == pytest.approx(0.15, abs=0.04)
    assert confidence.mean() == pytest.approx(right.mean(), abs=0.04)
    assert no_answer.mean() == pytest.approx(1 - answerable.mean(), abs=0.04)
    held = hold_out(data)
    assert held.right.mean() == pytest.approx(right.mean(), abs=0.05)


def test_many_hopeless_candidates_do_not_lower_the_first_ones_confidence():
    """The level is that of first answers: a fit to all alone is off where they are right more often than others."""
    draw = np.random.default_rng(0)
    data = []
    for _ in range(1500):
        margins = np.sort(draw.normal(0, 2, 12))[::-1]
        right = draw.random() < 0.7  # the first, whatever its margin; the others never
        rated = [
            RatedAnswer({"margin": float(margin)}, bool(right and rank == 0)) for rank, margin in enumerate(margins)
        ]
        data.append(RatedQuestion(rated, True))
    fitted = fit_calibration(data)
    first = [fitted.answer.probability(question.answers[0].signals) for question in data]
    assert np.mean(first) == pytest.approx(0.7, abs=0.03)


def test_whole_groups_are_left_out():
    """In each group another answer's sign is right: what is learned of the others says nothing of it."""
    draw = np.random.default_rng(0)
    data = []
    for group in range(6):
        for _ in range(60):
            signals = {f"of {other}": float(draw.normal() if other == group else 0) for other in range(6)}
            data.append(RatedQuestion([RatedAnswer(signals, signals[f"of {group}"] > 0)], True, f"source {group}"))
    by_group = hold_out(data)
    assert np.ptp(by_group.confidence) < 0.05
    by_question = hold_out([RatedQuestion(question.answers, True) for question in data])
    assert np.mean((by_question.confidence > 0.5) == by_question.right) > 0.9


def test_left_out_questions_are_judged_by_a_fit_without_them():
    held = hold_out(asked(2000, answers=3))
    assert held.confidence.shape == held.no_answer.shape == (2000,)
    for part in np.array_split(np.argsort(held.confidence), 5):
        assert held.confidence[part].mean() == pytest.approx(held.right[part].mean(), abs=0.08)
    noise = [
        RatedQuestion(
            [RatedAnswer({name: float(value) for name, value in zip(TRUE, row, strict=True)}, bool(right))], True
        )
        for row, right in zip(
            np.random.default_rng(3).normal(size=(150, 5)), np.random.default_rng(4).random(150) < 0.5, strict=True
        )
    ]
    scores = hold_out(noise)
    inside = fit_calibration(noise)
    fitted = np.array([inside.answer.probability(question.answers[0].signals) for question in noise])
    assert np.mean((fitted - scores.right) ** 2) < np.mean((scores.confidence - scores.right) ** 2)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (5, 0, "expected at least 25 right first answers to calibrate with, found 5; give more questions"),
        (60, 0, "expected at least 25 wrong first answers to calibrate with, found 0; give more questions"),
        (24, 60, "at least 25 right first answers to calibrate with, found 24"),
        (0, 0, "at least 25 right first answers to calibrate with, found 0"),
    ],
)
def test_too_few_or_one_kind(right, wrong, message):
    signals = dict.fromkeys(TRUE, 1.0)
    questions = [RatedQuestion([RatedAnswer(signals, True)], True)] * right + [
        RatedQuestion([RatedAnswer(signals, False)], True)
    ] * wrong
    with pytest.raises(UsageError, match=message):
        fit_calibration(questions)
