import math

import pytest

from spanwise.errors import UsageError
from spanwise.evaluate.reader import default_null_threshold, evaluate_reader, read_contexts
from spanwise.evaluate.squad_metric import squad_metrics
from spanwise.read import ReaderSettings, SpanReader
from spanwise.squad.questions import GoldAnswer, Question, QuestionSet, read_questions


@pytest.fixture(scope="module")
def reader():
    return SpanReader(ReaderSettings(device="cpu"))


@pytest.fixture(scope="module")
def questions(sample_folder):
    return read_questions(sample_folder / "questions.json")


def test_a_prediction_is_empty_where_no_answer_wins_by_more_than_the_threshold(reader, questions):
    reads = read_contexts(reader, questions.questions)
    level = sorted(read.na_score for read in reads)[12]
    given = {
        question.id: "" if read.na_score > level else read.text
        for question, read in zip(questions.questions, reads, strict=True)
    }
    assert sum(map(bool, given.values())) == 13
    expected = squad_metrics({question.id: question.golds for question in questions.questions}, given)
    found = evaluate_reader(reader, questions, null_threshold=level)
    assert {key: found[key] for key in expected} == expected
    assert found["null_threshold"] == level


def test_the_score_is_minus_the_readers_margin(reader, questions):
    asked = questions.questions[0]
    (read,) = read_contexts(reader, [asked])
    ((span,),) = reader.read([(asked.question, asked.context)], top_k=1)
    assert read.na_score == -span.margin
    assert read.text == asked.context[span.start : span.end]


def test_the_best_threshold_gives_the_best_score(reader, questions):
    swept = evaluate_reader(reader, questions)
    for measure in ("exact", "f1"):
        best = evaluate_reader(reader, questions, null_threshold=swept[f"best_{measure}_thresh"])
        assert best[measure] == pytest.approx(swept[f"best_{measure}"])
        assert best[f"best_{measure}"] == swept[f"best_{measure}"]  # whatever was left out


def test_the_models_own_threshold_is_the_calibrations_turned_round(reader):
    assert default_null_threshold(reader) == -reader.calibration.null_threshold


def test_an_uncalibrated_model_has_zero(bert_reader):
    threshold = default_null_threshold(SpanReader(str(bert_reader)))
    assert (threshold, math.copysign(1, threshold)) == (0.0, 1.0)


def test_a_model_without_a_null_answer_is_never_empty_unless_told(bert_reader, questions):
    some = QuestionSet("some", questions.questions[:3])
    reader = SpanReader(ReaderSettings(str(bert_reader), null_answer=False, max_seq_length=128, stride=32))
    found = evaluate_reader(reader, some)
    assert found["null_threshold"] is None
    assert all(read.text for read in read_contexts(reader, some.questions))
    told = evaluate_reader(reader, some, null_threshold=-1e9)
    assert (told["null_threshold"], told["HasAns_f1"]) == (-1e9, 0.0)


def test_a_context_without_words_gives_nothing(reader):
    only = (Question("1", "Who?", (GoldAnswer("Ana"),), "  "), Question("2", "Who?", (), "Ana is here."))
    (empty, _) = read_contexts(reader, only)
    assert (empty.text, empty.na_score) == ("", math.inf)
    assert evaluate_reader(reader, QuestionSet("x", only), null_threshold=1e9)["HasAns_exact"] == 0.0


def test_questions_of_no_context_are_refused(reader):
    without = QuestionSet("lines", (Question("7", "Who?", (GoldAnswer("Ana"),)),))
    with pytest.raises(UsageError, match=r"expected questions with contexts, .* found '7' with none"):
        evaluate_reader(reader, without)


def test_progress_counts_every_question(reader, questions):
    counts = []
    read_contexts(reader, questions.questions[:5], counts.append)
    assert sum(counts) == 5


def test_a_question_that_is_too_long_is_named_before_anything_is_read(reader, questions):
    long = Question("q-long", "where " * 400, (GoldAnswer("here", 0),), "here")
    done = []
    with pytest.raises(UsageError, match=r"^question 'q-long': expected a question of at most 252 tokens, found 400"):
        read_contexts(reader, [*questions.questions, long], done.append)
    assert done == []
