"""Articles are divided whole, and nothing that is held out is trained on."""

import json
import sys
from pathlib import Path

import pytest

from spanwise.squad_file import read_squad
from squad_files import MAST, PORT, entry

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def reader_sets(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import reader_sets

    yield reader_sets
    sys.modules.pop("reader_sets")


def paragraphs(tmp_path, titles, questions=lambda number: 2):
    data = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": f"{title} {number} stands here.",
                    "qas": [
                        entry(f"{title}{number}-{at}", f"Who is {number} of {at}?") for at in range(questions(number))
                    ],
                }
            ],
        }
        for number, (title, count) in enumerate(zip(titles, map(questions, range(len(titles))), strict=True))
    ]
    file = tmp_path / "data.json"
    file.write_text(json.dumps({"data": data}))
    return list(read_squad(file).paragraphs())


def test_articles_are_taken_whole_and_by_the_seed(reader_sets, tmp_path):
    found = paragraphs(tmp_path, "ABCABC")
    taken, left = reader_sets.take_articles(found, 1, 1)
    assert len(taken) == 2
    assert {one.title for one in taken}.isdisjoint({one.title for one in left})
    assert len(taken) + len(left) == 6
    assert reader_sets.take_articles(found, 1, 1) == (taken, left)
    assert any(reader_sets.take_articles(found, 1, seed) != (taken, left) for seed in range(2, 9))


def test_enough_questions_are_taken_from_small_articles(reader_sets, tmp_path):
    found = paragraphs(tmp_path, "ABCDEF", questions=lambda number: number + 1)
    taken, left = reader_sets.take_questions(found, 4, 1)
    assert sum(len(one.entries) for one in taken) >= 4
    assert {one.title for one in taken} <= {"A", "B", "C"}
    assert len(taken) + len(left) == 6


def test_one_title_for_all_is_divided_by_context(reader_sets, tmp_path):
    taken, left = reader_sets.take_articles(paragraphs(tmp_path, "AAAA"), 1, 1)
    assert (len(taken), len(left)) == (1, 3)


def test_what_is_held_out_is_left_out(reader_sets, tmp_path):
    held = tmp_path / "held.json"
    held.write_text(json.dumps({"data": [{"paragraphs": [{"context": MAST, "qas": [entry("h", "Who?")]}]}]}))
    data = [{"title": "T", "paragraphs": [{"context": text, "qas": []} for text in (PORT, f"{PORT} {MAST}")]}]
    file = tmp_path / "train.json"
    file.write_text(json.dumps({"data": data}))
    training = list(read_squad(file, contexts_only=True).paragraphs())
    left = reader_sets.without_leaks(training, [read_squad(held)])
    assert [one.context for one in left] == [PORT]


def test_a_row_counts_tokens_of_every_question_with_its_context(reader_sets, tmp_path, minilm_tokenizer):
    found = paragraphs(tmp_path, "A")
    reader_sets.write_part(tmp_path / "sub" / "part.json.gz", found)
    row = reader_sets.row_of("part", read_squad(tmp_path / "sub" / "part.json.gz"), minilm_tokenizer)
    # "a 0 stands here ." and "who is 0 of 0 ?", twice, each with three special tokens
    assert row.cells() == ["part", "2", "2", "1", str(2 * (5 + 6 + 3))]
