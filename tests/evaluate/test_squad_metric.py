"""The metric against the official script's own results on made-up predictions; official.json says how it was made."""

import json
import sys
from pathlib import Path

import pytest

from spanwise.evaluate.squad_metric import (
    exact_score,
    f1_score,
    holds_words,
    is_right,
    normalized,
    scoring_golds,
    squad_metrics,
)

CASES = json.loads(Path(__file__).with_name("official.json").read_text(encoding="utf-8"))["cases"]


def parts(case):
    articles = case["data"]["data"]
    entries = [qa for article in articles for paragraph in article["paragraphs"] for qa in paragraph["qas"]]
    return {qa["id"]: [answer["text"] for answer in qa["answers"]] for qa in entries}, case["predictions"]


def same(found, expected):
    """Python 3.12 and later add up floats more exactly than the Python that made the file."""
    if sys.version_info < (3, 12):
        return list(found.items()) == list(expected.items())
    return found == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
class TestOfficialNumbers:
    def test_without_probabilities(self, case):
        assert same(squad_metrics(*parts(case)), case["without_na_probs"])

    def test_with_probabilities(self, case):
        assert same(squad_metrics(*parts(case), case["na_probs"]), case["with_na_probs"])

    def test_at_a_threshold(self, case):
        found = squad_metrics(*parts(case), case["na_probs"], na_prob_threshold=case["at_threshold"]["threshold"])
        assert same(found, case["at_threshold"]["metrics"])


def test_the_cases_reach_what_they_are_for():
    by_name = {case["name"]: case for case in CASES}
    assert not any(key.startswith("NoAns") for key in by_name["answerable"]["with_na_probs"])
    assert not any(key.startswith("HasAns") for key in by_name["unanswerable"]["with_na_probs"])
    assert by_name["empty"]["without_na_probs"]["HasAns_f1"] > 0  # right answers without words
    assert by_name["logits"]["with_na_probs"]["best_f1_thresh"] < 0
    assert len(set(by_name["ties"]["na_probs"].values())) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [("The  Eiffel-Tower!", "eiffeltower"), ("a.n. apple", "apple"), ("...", ""), ("“Straße”", "“straße”")],
)
def test_normalized(text, expected):
    assert normalized(text) == expected


def test_right_answers_without_words_do_not_count():
    assert scoring_golds(["the", "Paris"]) == ["Paris"]
    assert scoring_golds(["..."]) == [""]
    assert exact_score("", [""]) == f1_score("", [""]) == 1
    assert exact_score("", ["Paris"]) == f1_score("", ["Paris"]) == 0


def test_f1_is_of_the_nearest_right_answer():
    assert f1_score("Paris in France", ["Rome", "Paris"]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("answer", "golds", "exact", "holds"),
    [
        ("The Port 5310.", ["port 5310"], True, True),
        ("port 5310", ["5310"], False, True),
        ("53", ["5310"], False, False),
        ("5310", ["port 5310", "5310"], True, True),
        ("5310", [], False, False),
        ("", ["5310"], False, False),
        ("the", ["a port"], False, False),
    ],
)
def test_is_right(answer, golds, exact, holds):
    assert (is_right(answer, golds, "exact"), is_right(answer, golds)) == (exact, holds)


def test_nothing_is_held_nowhere():
    assert holds_words("big dog", "dog")
    assert not holds_words("big dogs", "dog")
    assert not holds_words("big dog", "")
