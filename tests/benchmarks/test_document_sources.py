"""What a calibration is fitted to besides paragraphs."""

import gzip
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from spanwise.answer.fitting import Asked, Rated
from spanwise.conditions import Conditions
from spanwise.evaluate.gathering import Gathered

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TEXT = "The dome opens at dusk. The server listens on port 8443. The mast is 12 meters tall."


@pytest.fixture(scope="module")
def fitting():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("fit_calibration")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def passages(tmp_path):
    """Two overlapping slices of one file and a later one, given last first, and one without a place."""
    rows = [
        {"file": "manual.pdf", "start": 57, "text": TEXT[57:]},
        {"file": "manual.pdf", "start": 10, "text": TEXT[10:40]},
        {"file": "manual.pdf", "start": 0, "text": TEXT[:24]},
        {"file": "notes/a.md", "start": None, "text": "# Notes\n\nNone."},
    ]
    file = tmp_path / "source.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    return file


def test_files_are_made_of_their_passages(fitting, passages, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old.txt").write_text("of another source", encoding="utf-8")
    fitting.write_documents(passages, folder)
    files = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.*")}
    assert files == {"manual.pdf.txt": f"{TEXT[:40]}\n\n{TEXT[57:]}", "notes/a.md": "# Notes\n\nNone."}


def test_questions_of_each_source_without_those_left_out(fitting, tmp_path):
    articles = [
        {
            "title": title,
            "paragraphs": [{"context": TEXT, "qas": [{"id": i, "question": "?", "answers": []} for i in ids]}],
        }
        for title, ids in (("b", ["1", "2"]), ("a", ["3"]))
    ]
    file = tmp_path / "questions.json"
    file.write_text(json.dumps({"version": "v2.0", "data": articles}), encoding="utf-8")
    found = list(fitting.read_sources(file, tmp_path / "corpora", {"2"}))
    assert [(questions.name, [question.id for question in questions.questions]) for questions, _ in found] == [
        ("a", ["3"]),
        ("b", ["1"]),
    ]
    assert [path.name for _, path in found] == ["a.jsonl.gz", "b.jsonl.gz"]


def test_what_was_gathered_is_read_again(fitting):
    asked = (Asked([Rated({"margin": 1.5}, right=True)], answerable=True, group="g"), Asked([], answerable=False))
    gathered = Gathered("a", asked, ((0.25, False),), Conditions(passages=20), 7)
    assert fitting.from_fields(json.loads(json.dumps(asdict(gathered)))) == gathered
