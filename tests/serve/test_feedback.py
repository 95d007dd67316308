"""Verdicts on answers become questions that a calibration is fitted to."""

import json
import stat

import pytest

from spanwise.answer.fitting import RatedAnswer, RatedQuestion, fit_calibration, hold_out
from spanwise.errors import SpanwiseError, UsageError
from spanwise.evaluate.calibrating import rated_question
from spanwise.evaluate.corpus import CorpusEvaluation
from spanwise.pipeline.corpus import Corpus
from spanwise.serve.service import FeedbackFile
from spanwise.squad.questions import Question, read_questions


def test_verdicts_are_kept_as_lines(make_client, tmp_path):
    file = tmp_path / "verdicts.jsonl"
    client = make_client(feedback=file)
    assert client.get("/status").json()["feedback"] is True
    question = "Which port\u2028 does it use?"
    for body in (
        {"question": question, "answer": "8443", "right": True},
        {"question": question, "answer": "the\nserver", "right": False},
        {"question": "Who is it?", "answer": None, "right": True},
    ):
        assert client.post("/feedback", json=body).status_code == 201
    assert client.post("/feedback", json={"question": "Who?", "answer": None, "right": False}).status_code == 422
    assert [json.loads(line) for line in file.read_text().split("\n") if line] == [
        {"question": question, "answers": ["8443"]},
        {"question": question, "rejected": ["the\nserver"]},
        {"question": "Who is it?", "answers": []},
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    right, wrong, none = read_questions(file).questions
    assert (right.golds, right.rejected, right.settled) == (["8443"], (), True)
    assert (wrong.golds, wrong.rejected, wrong.settled) == ([], ("the\nserver",), False)
    assert (none.answerable, none.settled) == (False, True)


def test_where_none_are_kept_it_is_said(make_client):
    reply = make_client().post("/feedback", json={"question": "Who?", "answer": "Ana", "right": True})
    assert (reply.status_code, "--feedback FILE" in reply.text) == (404, True)


def test_a_file_that_cannot_be_written_is_refused_at_once(tmp_path):
    with pytest.raises(SpanwiseError, match="expected a file for feedback"):
        FeedbackFile(tmp_path / "no" / "such" / "folder.jsonl")


def test_a_rejected_answer_is_wrong_and_nothing_else_is_known(sample_index):
    with Corpus(sample_index) as corpus:
        result = corpus.ask("How often is the primary mirror recoated?")
    first, second = result.answers[:2]
    asked = rated_question(Question("1", result.query, (), rejected=(first.answer.upper(),)), result, "holds")
    assert asked.answerable is None
    assert [(one.signals, one.right) for one in asked.answers] == [(first.signals, False)]
    assert rated_question(Question("1", result.query, (), rejected=("nobody",)), result, "holds").answers == []
    assert second.signals != first.signals


def question(margin, right, answerable):
    return RatedQuestion([RatedAnswer({"margin": margin}, right)], answerable)


def test_rejected_answers_lower_confidence_and_count_neither_as_right_nor_as_no_answer():
    settled = [question(n / 10, n % 5 != 0, True) for n in range(60)]
    settled += [question(-n / 10, False, False) for n in range(40)]
    rejected = [question(5 + n / 100, False, None) for n in range(40)]
    before, after = fit_calibration(settled), fit_calibration([*settled, *rejected])
    signals = {"margin": 5.2}
    assert after.answer.probability(signals) < before.answer.probability(signals) - 0.1
    held = hold_out([*settled, *rejected])
    assert (held.answerable.sum(), held.unanswerable.sum(), len(held.right)) == (60, 40, 140)
    assert len(held.settled().right) == 100
    with_answers = [*settled, *(RatedQuestion(one.answers, False) for one in rejected)]
    assert fit_calibration(with_answers).unanswerable != after.unanswerable


def test_an_evaluation_leaves_out_what_is_not_settled(sample_index, tmp_path):
    lines = [
        {"question": "How often is the primary mirror recoated?", "answers": ["every 30 months"]},
        {"question": "Who is the chief engineer?", "rejected": ["nobody"]},
    ]
    file = tmp_path / "verdicts.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    alone = tmp_path / "alone.jsonl"
    alone.write_text(json.dumps(lines[1]))
    with Corpus(sample_index) as corpus:
        evaluation = CorpusEvaluation(corpus)
        assert [one.question for one in evaluation.ask(read_questions(file))] == [lines[0]["question"]]
        with pytest.raises(UsageError, match="found rejected answers alone"):
            evaluation.ask(read_questions(alone))
