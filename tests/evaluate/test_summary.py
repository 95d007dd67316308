"""Measures of made-up outcomes, worked out by hand."""

import json

import pytest

from spanwise.errors import UsageError
from spanwise.evaluate.document import changed_outcomes, compare, read_document
from spanwise.evaluate.outcome import Isolated, summarize


@pytest.fixture
def outcomes(make_outcome):
    wrong = {"exact": 0, "f1": 0.5, "forced_exact": 0, "forced_f1": 0.5}
    nothing = {"golds": (), "right_rank": None, "passage_rank": None, "deep_rank": None, "isolated": None}
    return [
        make_outcome(1),
        make_outcome(2, right_rank=3, passage_rank=8, deep_rank=9, lost_at="out_ranked", confidence=0.6, **wrong),
        make_outcome(
            3,
            right_rank=None,
            passage_rank=None,
            deep_rank=40,
            lost_at="not_retrieved",
            confidence=0.3,
            isolated=Isolated("x", 0, 0.0),
            **wrong,
        ),
        make_outcome(
            4, abstained=True, exact=0, f1=0, lost_at="below_threshold", confidence=0.2, no_answer_confidence=0.8
        ),
        make_outcome(
            5, abstained=True, confidence=0.1, no_answer_confidence=0.9, forced_exact=0, forced_f1=0, **nothing
        ),
        make_outcome(6, confidence=None, abstained=True, answer="", file=None, no_answer_confidence=1.0, **nothing),
    ]


def test_every_measure(outcomes):
    found = summarize(outcomes, top_k=5, passages=20)
    assert (found["questions"], found["answerable"], found["unanswerable"]) == (6, 4, 2)
    assert found["answers"] == {
        "exact": pytest.approx(100 * 3 / 6),
        "f1": pytest.approx(100 * 4 / 6),
        "HasAns_exact": 25.0,
        "HasAns_f1": 50.0,
        "NoAns_exact": 100.0,
        "NoAns_f1": 100.0,
        "right_in": {"1": 0.5, "3": 0.75, "5": 0.75},
    }
    assert found["retrieval"]["recall"] == {"1": 0.5, "5": 0.5, "10": 0.75, "20": 0.75, "50": 1.0}
    assert found["retrieval"]["mrr"] == pytest.approx((1 + 1 / 8 + 0 + 1) / 4)
    assert found["isolation"] == {
        "questions": 4,
        "isolated_exact": 75.0,
        "isolated_f1": 75.0,
        "integrated_exact": 50.0,
        "integrated_f1": 75.0,
    }
    assert found["abstention"] == {"rate": 0.5, "precision": pytest.approx(2 / 3), "recall": 1.0}
    assert found["lost_at"] == {
        "nothing": 3,
        "not_converted": 0,
        "not_indexed": 0,
        "not_retrieved": 1,
        "misread": 0,
        "out_ranked": 1,
        "below_threshold": 1,
        "answered_unanswerable": 0,
    }
    assert found["latency_ms"]["total"] == {"p50": 110.0, "p95": 110.0}


def test_confidences_are_of_the_questions_with_a_candidate(outcomes):
    found = summarize(outcomes, top_k=5, passages=20)["confidence"]
    assert (found["questions"], found["threshold"], found["calibrated"]) == (5, 0.25, True)
    assert (found["mean_confidence"], found["right_share"]) == (pytest.approx(0.4), pytest.approx(0.4))
    # each of the five stands in a bin of its own
    errors = [0.2, 0.6, 0.3, 0.8, 0.1]
    assert found["ece_equal_mass"] == found["ece_equal_width"] == pytest.approx(sum(errors) / 5)
    assert found["brier"] == pytest.approx(sum(error**2 for error in errors) / 5)
    assert found["auroc_right"] == pytest.approx(4 / 6)  # pairs in order: 0.8 over three, 0.2 over one
    assert found["auroc_answerable"] == 1.0
    assert found["aurc"] == pytest.approx((0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5)
    assert [sum(counts) for counts in found["histograms"].values()] == [2, 2, 1]


def test_recall_beyond_what_was_read_is_of_the_deeper_search(outcomes):
    recall = summarize(outcomes, top_k=5, passages=5)["retrieval"]["recall"]
    assert recall == {"1": 0.5, "5": 0.5, "10": 0.75, "20": 0.75, "50": 1.0}
    assert summarize(outcomes, top_k=5, passages=50)["retrieval"]["recall"]["50"] == 0.75


def test_questions_of_one_kind(outcomes):
    without = summarize(outcomes[4:], top_k=3, passages=20)
    assert without["answers"]["HasAns_f1"] is None
    assert without["answers"]["right_in"] == {"1": None, "3": None}
    assert (without["retrieval"]["mrr"], without["isolation"]) == (None, None)
    assert without["confidence"]["auroc_right"] is None
    nothing = summarize(outcomes[5:], top_k=3, passages=20)["confidence"]
    assert {nothing[name] for name in ("ece_equal_mass", "ece_equal_width", "brier", "aurc", "mean_confidence")} == {
        None
    }
    assert (nothing["questions"], nothing["reliability"], nothing["risk_coverage"]) == (0, [], [])


def test_a_comparison(outcomes, make_outcome, make_evaluation):
    before, after = make_evaluation(outcomes), make_evaluation([make_outcome(1), make_outcome(2), *outcomes[2:]])
    changes = {entry.measure: (entry.before, entry.after, entry.change) for entry in compare(before, after)}
    assert changes["lost_at.out_ranked"] == (1, 0, -1)
    assert changes["answers.right_in.1"] == (0.5, 0.75, 0.25)
    assert not any(name.startswith(("outcomes", "confidence.bins", "confidence.hist")) for name in changes)
    (entry,) = changed_outcomes(before, after)
    assert (entry.data, entry.id, entry.better) == ("some", "q2", True)
    assert [entry.better for entry in changed_outcomes(after, before)] == [False]


def test_only_evaluations_of_the_same_questions_compare(outcomes, make_evaluation):
    with pytest.raises(
        UsageError, match=r"expected evaluations of the same questions, found \['other'\] and \['some'\]"
    ):
        compare(make_evaluation(outcomes, data="other"), make_evaluation(outcomes))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no", "expected what `spanwise evaluate corpus --json` prints in .*, found no JSON"),
        ("[]", "in .*other.json, found a list"),
        ('{"exact": 1}', "in .*other.json, found None"),
    ],
)
def test_what_is_no_evaluation(tmp_path, content, message):
    (tmp_path / "other.json").write_text(content)
    with pytest.raises(UsageError, match=message):
        read_document(tmp_path / "other.json")
    with pytest.raises(UsageError, match=r"expected what .* prints in .*none.json, found none \(No such file"):
        read_document(tmp_path / "none.json")


def test_a_document_is_read_as_it_was_written(tmp_path, outcomes, make_evaluation):
    document = make_evaluation(outcomes)
    (tmp_path / "d.json").write_text(json.dumps(document), encoding="utf-8")
    assert compare(read_document(tmp_path / "d.json"), document)
