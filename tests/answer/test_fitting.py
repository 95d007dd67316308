"""Fits to data drawn from known probabilities."""

import math

import numpy as np
import pytest

from spanwise.answer.fitting import LEAST_WEIGHTS, Asked, Rated, fit_calibration, fit_margins, hold_out
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
            rated.append(Rated(signals, answerable and bool(draw.random() < logistic(odds))))
        found.append(Asked(rated, answerable))
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
        Asked([Rated({**r.signals, "agreement": 2 - r.signals["agreement"]}, r.right) for r in question.answers], True)
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


def test_the_default_threshold_makes_most_decisions_right():
    fitted, data = fit_calibration(asked(3000)), asked(3000)

    def decisions(threshold):
        first = [(fitted.answer.probability(q.answers[0].signals), q) for q in data]
        return sum(q.answers[0].right if confidence >= threshold else not q.answerable for confidence, q in first)

    assert decisions(fitted.threshold) >= max(decisions(value) for value in np.linspace(0, 1, 101))


def test_left_out_questions_are_judged_by_a_fit_without_them():
    held = hold_out(asked(2000, answers=3))
    assert held.confidence.shape == held.no_answer.shape == (2000,)
    for part in np.array_split(np.argsort(held.confidence), 5):
        assert held.confidence[part].mean() == pytest.approx(held.right[part].mean(), abs=0.08)
    noise = [
        Asked([Rated({name: float(value) for name, value in zip(TRUE, row, strict=True)}, bool(right))], True)
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
    questions = [Asked([Rated(signals, True)], True)] * right + [Asked([Rated(signals, False)], True)] * wrong
    with pytest.raises(UsageError, match=message):
        fit_calibration(questions)
