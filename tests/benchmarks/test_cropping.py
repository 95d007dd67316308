"""Contexts are cut at sentences, and answers are where they are said to be, or nowhere."""

import json
import sys
from pathlib import Path

import pytest

from spanwise.evaluate.squad_metric import normalized
from spanwise.squad_file import read_squad
from squad_files import entry

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SENTENCES = [
    "The ferry to Orsay leaves at nine.",
    "It takes forty minutes.",
    "A ticket costs three crowns.",
    "Dogs travel free.",
    "In winter the ferry leaves at ten.",
    "The captain is Ines Varga.",
    "She has a dog.",
]
CONTEXT = " ".join(SENTENCES)
SEEDS = range(40)


@pytest.fixture
def cropping(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import cropping

    yield cropping
    sys.modules.pop("cropping")


def paragraphs(tmp_path, *entries, context=CONTEXT):
    file = tmp_path / "data.json"
    file.write_text(
        json.dumps({"data": [{"title": "Ferry", "paragraphs": [{"context": context, "qas": list(entries)}]}]})
    )
    return list(read_squad(file).paragraphs())


def asked(*answers, name="q", impossible=False):
    made = [{"text": answer, "answer_start": CONTEXT.index(answer)} for answer in answers]
    return {"id": name, "question": "What of the ferry?", "answers": made, "is_impossible": impossible}


def test_a_cropped_context_is_whole_sentences_that_hold_the_answer_where_it_says(cropping, tmp_path):
    questions = paragraphs(tmp_path, asked("three crowns", "costs three crowns"))
    found = set()
    for seed in SEEDS:
        [(title, context, fields)] = cropping.with_answer(questions, seed)
        begin = CONTEXT.index(context)
        first = SENTENCES.index(next(one for one in SENTENCES if context.startswith(one)))
        assert title == "Ferry"
        assert context == " ".join(SENTENCES[first : first + context.count(".")])
        assert begin >= 0
        assert not fields["is_impossible"]
        assert [answer["text"] for answer in fields["answers"]] == ["three crowns", "costs three crowns"]
        for answer in fields["answers"]:
            assert context.startswith(answer["text"], answer["answer_start"])
        found.add(context)
    assert SENTENCES[2] in found
    assert " ".join(SENTENCES[0:5]) in found


def test_an_answer_outside_what_is_kept_goes(cropping, tmp_path):
    questions = paragraphs(tmp_path, asked("nine", "Ines Varga"))
    for seed in SEEDS:
        [(_, _, fields)] = cropping.with_answer(questions, seed)
        assert fields["answers"] == [{"text": "nine", "answer_start": CONTEXT.index("nine")}]


def test_an_answer_across_sentences_keeps_them_all(cropping, tmp_path):
    across = "forty minutes. A ticket costs three"
    questions = paragraphs(tmp_path, asked(across))
    for seed in SEEDS:
        [(_, context, fields)] = cropping.with_answer(questions, seed)
        assert context.startswith(across, fields["answers"][0]["answer_start"])


def test_without_holds_neighbouring_sentences_and_none_of_the_answers(cropping, tmp_path):
    questions = paragraphs(tmp_path, asked("ferry"), asked("Ines Varga", "three crowns", name="r"))
    found = set()
    for seed in SEEDS:
        made = cropping.without_answer(questions, seed)
        assert [fields["id"] for _, _, fields in made] == ["q-without", "r-without"]
        for (_, context, fields), gone in zip(made, (["ferry"], ["ines varga", "three crowns"]), strict=True):
            assert CONTEXT.count(context) == 1
            assert context[-1] == "."
            assert 1 <= context.count(".") <= 5
            assert fields["is_impossible"]
            assert fields["answers"] == []
            assert not any(f" {answer} " in f" {normalized(context)} " for answer in gone)
            found.add(context)
    assert " ".join(SENTENCES[1:4]) in found


def test_words_within_words_are_no_answer(cropping, tmp_path):
    questions = paragraphs(tmp_path, entry("q", "Which?", ("art", 4)), context="The art is here. The artist left.")
    [(_, context, _)] = cropping.without_answer(questions, 1)
    assert context == "The artist left."


def test_what_cannot_be_cut_makes_none(cropping, tmp_path):
    one = paragraphs(tmp_path, entry("q", "Which?", ("art", 4)), context="The art is here.")
    everywhere = paragraphs(tmp_path, entry("q", "Which?", ("art", 4)), context="The art is here. The art is there.")
    assert cropping.with_answer(one, 1) == []
    assert cropping.without_answer(one, 1) == []
    assert cropping.without_answer(everywhere, 1) == []
    assert cropping.without_answer(paragraphs(tmp_path, asked(impossible=True)), 1) == []
    assert cropping.with_answer(paragraphs(tmp_path, asked(impossible=True)), 1) == []


def test_the_same_seed_makes_the_same(cropping, tmp_path):
    questions = paragraphs(tmp_path, asked("three crowns"), asked("Dogs", name="r"))
    assert cropping.with_answer(questions, 7) == cropping.with_answer(questions, 7)
    assert cropping.without_answer(questions, 7) == cropping.without_answer(questions, 7)
