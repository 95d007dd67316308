"""Measures against numbers worked out by hand, or by definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.evaluate import measures
from spanwise.evaluate.measures import (
    abstention,
    area_under_risk_coverage,
    mean_reciprocal_rank,
    recall_at,
    risk_coverage,
)

ANSWERS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]), st.booleans()), min_size=1, max_size=30
)


def arrays(answers):
    confidences, right = zip(*answers, strict=True)
    return np.array(confidences, dtype=np.float64), np.array(right, dtype=np.bool_)


def test_recall():
    ranks = [1, 3, None, 20]
    assert [recall_at(ranks, k) for k in (1, 2, 3, 20)] == [0.25, 0.25, 0.5, 0.75]
    assert recall_at([], 5) is None


def test_reciprocal_rank():
    assert mean_reciprocal_rank([1, 4, None]) == pytest.approx((1 + 0.25) / 3)
    assert mean_reciprocal_rank([]) is None


def test_equal_mass_bins_have_as_many_each():
    confidences, right = arrays([(number / 25, number > 12) for number in range(25)])
    bins = measures.equal_mass_bins(confidences, right)
    assert [entry.count for entry in bins] == [3, 3, 3, 3, 3, 2, 2, 2, 2, 2]
    assert (bins[0].confidence, bins[0].right) == (pytest.approx(0.04), 0.0)
    assert (bins[-1].confidence, bins[-1].right) == (pytest.approx(0.94), 1.0)


def test_equal_width_bins_leave_out_their_lower_ends():
    confidences, right = arrays([(0.0, False), (0.1, True), (0.11, True), (0.2, False), (1.0, True)])
    bins = measures.equal_width_bins(confidences, right)
    assert [(entry.count, entry.right) for entry in bins] == [(2, 0.5), (2, 0.5), (1, 1.0)]


def test_calibration_error_by_hand():
    confidences, right = arrays([(0.2, False), (0.2, True), (0.9, True), (0.9, True)])
    width = measures.equal_width_bins(confidences, right)
    assert measures.expected_calibration_error(width) == pytest.approx((2 * 0.3 + 2 * 0.1) / 4)
    halves = measures.equal_mass_bins(confidences, right, bins=2)
    assert measures.expected_calibration_error(halves) == pytest.approx((2 * 0.3 + 2 * 0.1) / 4)
    assert measures.expected_calibration_error([]) is None


def test_brier_score_by_hand():
    assert measures.brier_score(*arrays([(0.8, True), (0.4, False)])) == pytest.approx((0.04 + 0.16) / 2)
    assert measures.brier_score(np.zeros(0), np.zeros(0, dtype=np.bool_)) is None


@given(ANSWERS)
def test_auroc_is_the_share_of_pairs_in_order(answers):
    scores, positive = arrays(answers)
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[positive] for b in scores[~positive]]
    found = measures.auroc(scores, positive)
    assert found is None if not pairs else found == pytest.approx(np.mean(pairs))


def test_abstention_by_hand():
    abstained, answerable = np.array([True, True, False, False, True]), np.array([False, True, False, True, False])
    found = abstention(abstained, answerable)
    assert found == {"rate": 0.6, "precision": pytest.approx(2 / 3), "recall": pytest.approx(2 / 3)}


def test_abstention_of_one_kind():
    found = abstention(np.array([False, False]), np.array([True, True]))
    assert found == {"rate": 0.0, "precision": None, "recall": None}


def test_risk_and_coverage_by_hand():
    confidences, right = arrays([(0.3, False), (0.9, True), (0.5, False), (0.7, True)])
    coverage, risk = risk_coverage(confidences, right)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 2])
    assert area_under_risk_coverage(confidences, right) == pytest.approx((1 / 3 + 1 / 2) / 4)


@given(ANSWERS, st.randoms())
def test_the_order_of_equal_confidences_does_not_matter(answers, random):
    shuffled = list(answers)
    random.shuffle(shuffled)
    first, second = (risk_coverage(*arrays(some))[1] for some in (answers, shuffled))
    assert first == pytest.approx(second)
    assert first[-1] == pytest.approx(1 - np.mean([right for _, right in answers]))


def test_without_answers_there_is_no_risk():
    nothing = np.zeros(0), np.zeros(0, dtype=np.bool_)
    assert [len(part) for part in risk_coverage(*nothing)] == [0, 0]
    assert area_under_risk_coverage(*nothing) is None
