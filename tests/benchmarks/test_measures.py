"""What the benchmarks of retrieval and of answers measure by."""

import math
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def measures(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import measures

    yield measures
    sys.modules.pop("measures")


def test_recall_counts_ranks_up_to_the_depth(measures):
    ranks = [1, 5, 6, None]
    assert [measures.recall(ranks, depth) for depth in (1, 5, 10)] == [0.25, 0.5, 0.75]
    assert measures.recall([], 5) == 0


def test_mean_reciprocal_rank(measures):
    assert measures.mean_reciprocal_rank([1, 2, 4, None]) == pytest.approx((1 + 0.5 + 0.25) / 4)


@pytest.mark.parametrize(
    ("scores", "expected"), [((0.9, 0.8, 0.2, 0.1), 1), ((0.1, 0.2, 0.8, 0.9), 0), ((0.5, 0.5, 0.5, 0.5), 0.5)]
)
def test_auroc(measures, scores, expected):
    assert measures.auroc(scores, [True, True, False, False]) == expected


def test_auroc_agrees_with_scikit_learn(measures):
    from sklearn.metrics import roc_auc_score

    scores = [0.1, 0.4, 0.4, 0.35, 0.8, 0.8, 0.2]
    positive = [False, False, True, True, True, False, False]
    assert measures.auroc(scores, positive) == pytest.approx(roc_auc_score(positive, scores))


def test_auroc_of_one_kind_alone_is_not_a_number(measures):
    assert math.isnan(measures.auroc([0.1, 0.2], [True, True]))
