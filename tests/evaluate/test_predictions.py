import json

import pytest

from spanwise.errors import UsageError
from spanwise.evaluate.squad_metric import read_na_probs, read_predictions, score_predictions, unknown_ids
from spanwise.squad.questions import GoldAnswer, Question, QuestionSet

QUESTIONS = QuestionSet(
    "some", tuple(Question(f"q{number}", "Who?", (GoldAnswer("Ana"),) if number else ()) for number in range(8))
)


def write(tmp_path, content):
    file = tmp_path / "p.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_predictions_are_scored(tmp_path):
    texts = read_predictions(write(tmp_path, {f"q{number}": "Ana" for number in range(8)} | {"other": "x"}))
    found = score_predictions(QUESTIONS, texts, {f"q{number}": number / 10 for number in range(8)})
    assert (found["exact"], found["HasAns_exact"], found["NoAns_exact"], found["total"]) == (87.5, 100.0, 0.0, 8)
    assert (found["best_exact"], found["best_exact_thresh"]) == (87.5, 0.7)
    assert unknown_ids(QUESTIONS, texts) == ["other"]


def test_missing_predictions_are_named_and_counted():
    texts = {"q0": "", "q5": "Ana"}
    with pytest.raises(
        UsageError,
        match=r"expected a prediction for every .* found none for 6 questions of 8: q1, q2, q3, q4, q6, \.\.\.$",
    ):
        score_predictions(QUESTIONS, texts)
    whole = {f"q{number}": "Ana" for number in range(8)}
    with pytest.raises(UsageError, match="no-answer probability for every question of some, found none for 1 question"):
        score_predictions(QUESTIONS, whole, {key: 0.1 for key in whole if key != "q3"})


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (read_predictions, "no", "expected one JSON object of texts by question id in .*p.json, found no JSON"),
        (read_predictions, ["Ana"], "by question id in .*p.json, found a list"),
        (read_predictions, {"q0": None}, "expected {question id: text} in .*, found None for 'q0'"),
        (read_na_probs, {"q0": "0.5"}, "expected {question id: number} in .*, found '0.5' for 'q0'"),
        (read_na_probs, {"q0": True}, "found True for 'q0'"),
        (read_na_probs, '{"q0": NaN}', "found nan for 'q0'"),
    ],
)
def test_files_of_anything_else(tmp_path, read, content, message):
    with pytest.raises(UsageError, match=message):
        read(write(tmp_path, content))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(
        UsageError, match=r"expected one JSON object of texts by question id in .*none.json, found none \(No such file"
    ):
        read_predictions(tmp_path / "none.json")
