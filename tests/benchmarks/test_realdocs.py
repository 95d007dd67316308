"""The questions on real documentation: their form, and what judges answers to them. The documents are not needed."""

import doctest
import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

REALDOCS = Path(__file__).parents[2] / "benchmarks" / "realdocs"
ENTRIES = json.loads((REALDOCS / "questions.json").read_text(encoding="utf-8"))["questions"]
ANSWERABLE = [entry for entry in ENTRIES if not entry["is_impossible"]]
IMPOSSIBLE = [entry for entry in ENTRIES if entry["is_impossible"]]
FOLDERS = {"git", "sqlite", "r"}


def in_one_line(text):
    return text == " ".join(text.split()) != ""


def name(entry):
    return entry["id"]


def test_there_are_enough_of_every_kind():
    asked = Counter(entry["folder"] for entry in ENTRIES)
    impossible = Counter(entry["folder"] for entry in IMPOSSIBLE)
    assert set(asked) == FOLDERS
    assert min(asked.values()) >= 24
    assert min(impossible[folder] for folder in FOLDERS) >= 6


def test_no_question_is_asked_twice():
    assert len({entry["id"] for entry in ENTRIES}) == len(ENTRIES)
    said = {(entry["folder"], "".join(filter(str.isalnum, entry["question"].lower()))) for entry in ENTRIES}
    assert len(said) == len(ENTRIES)


def test_they_are_spread_over_many_files():
    files = {folder: Counter() for folder in FOLDERS}
    for entry in ANSWERABLE:
        files[entry["folder"]].update({place["file"] for place in entry["places"]})
    assert len(files["git"]) >= 20
    assert len(files["sqlite"]) >= 20
    assert len(files["r"]) == 7


@pytest.mark.parametrize("entry", ENTRIES, ids=name)
def test_a_question_is_one_line_that_ends_as_a_question_does(entry):
    assert re.fullmatch(rf"{entry['folder']}-\d\d", entry["id"])
    assert in_one_line(entry["question"])
    assert re.search(r"[\w)?]$", entry["question"])
    assert not re.match(r"(is|are|can|does|do|did|has|will|should)\b[^?,]*\??$", entry["question"])


@pytest.mark.parametrize("entry", ANSWERABLE, ids=name)
def test_answers_and_quotes_hold_each_other(entry):
    assert set(entry) == {"id", "folder", "question", "is_impossible", "answers", "places"}
    assert entry["answers"]
    quotes = [place["quote"] for place in entry["places"]]
    for answer in entry["answers"]:
        assert in_one_line(answer)
        assert re.search(r"\w", answer)  # without a word it would stand in any text
        assert len(answer.split()) <= 12
        assert any(answer in quote for quote in quotes), answer
    for quote in quotes:
        assert in_one_line(quote)
        assert len(quote.split()) <= 20  # as many words as neighboring passages share, so that one holds all of it
        assert any(answer in quote for answer in entry["answers"]), quote


@pytest.mark.parametrize("entry", ANSWERABLE, ids=name)
def test_places_name_files_of_their_folder(entry):
    places = [(place["file"], place["quote"]) for place in entry["places"]]
    assert len(set(places)) == len(places)
    for place in entry["places"]:
        assert place["file"].startswith(f"{entry['folder']}/")
        assert ("page" in place) == place["file"].endswith(".pdf")
        assert place.get("page", 1) >= 1


@pytest.mark.parametrize("entry", IMPOSSIBLE, ids=name)
def test_what_has_no_answer_says_what_is_absent(entry):
    assert set(entry) == {"id", "folder", "question", "is_impossible", "answers", "places", "absent"}
    assert not entry["answers"]
    assert not entry["places"]
    assert len(entry["absent"]) >= 2
    for expression in entry["absent"]:
        assert not re.search(expression, "")


@pytest.fixture
def script(monkeypatch):
    def load(module):
        spec = importlib.util.spec_from_file_location(f"realdocs_{module}", REALDOCS / f"{module}.py")
        loaded = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, loaded)
        spec.loader.exec_module(loaded)
        return loaded

    monkeypatch.syspath_prepend(REALDOCS)
    return load


def test_the_example_is_true(script):
    ran = doctest.testmod(script("realdocs"))
    assert ran.attempted
    assert not ran.failed


@pytest.fixture
def question(script):
    realdocs = script("realdocs")
    place = realdocs.Place("git/gc.html", "The default value is 6700.")
    return realdocs.Question("git-01", "git", "how many?", ("6700", "-u", "$5 billion"), (place,), ())


def test_an_answer_is_right_when_it_holds_a_right_one_and_little_else(question):
    for answer in ("6700", "The default value is 6700.", "“6700”,", "the flag -U", "5 billion"):
        assert question.is_right(answer), answer
    for answer in ("", "670", "16700", "u", "billion", "6700 " + "word " * 20):
        assert not question.is_right(answer), answer


def test_a_passage_answers_however_its_text_was_extracted(question):
    assert question.is_answered_by("git/gc.html", "So. The de-\nfault\N{NO-BREAK SPACE}value is *6700*. More.")
    assert not question.is_answered_by("git/gc.html", "The default value is 67.")
    assert not question.is_answered_by("git/config.html", "The default value is 6700.")


@pytest.fixture
def sources(script, tmp_path):
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
    page = "<html><body><p>The default value\nis <b>6700</b>.</p><p>No docker here.</p></body></html>"
    (tmp_path / "git" / "gc.html").write_text(page)
    verify = script("verify")
    found, problems = verify.convert_folder(tmp_path)
    assert not problems
    return verify, found


def problems_of(sources, **fields):
    verify, found = sources
    entry = {"id": "git-01", "folder": "git", "question": "q", "answers": (), "places": (), "absent": (), **fields}
    return " ".join(verify.question_problems(verify.Question(**entry), found))


def test_verify_accepts_what_is_true(sources):
    place = sources[0].Place("git/gc.html", "The default value is 6700.")
    assert problems_of(sources, answers=("6700",), places=(place,)) == ""
    assert problems_of(sources, absent=("kubernetes", "dockerfile")) == ""


@pytest.mark.parametrize(
    ("file", "quote", "page", "answers", "problem"),
    [
        ("git/config.html", "The default value is 6700.", None, ("6700",), "expected this file, found none"),
        ("git/gc.html", "The default value was 6700.", None, ("6700",), "found them nowhere"),
        ("git/gc.html", "The default value is 6700.", 1, ("6700",), "expected it on page 1, found it on None"),
        ("git/gc.html", "The default value is", None, ("6700",), "expected a right answer in the quote, found none"),
        ("git/gc.html", "The default value is 6700.", None, ("6700", "7"), "expected the answer '7' in a quote"),
    ],
)
def test_verify_finds_a_place_that_is_not_true(sources, file, quote, page, answers, problem):
    place = sources[0].Place(file, quote, page)
    assert problem in problems_of(sources, answers=answers, places=(place,))


def test_verify_finds_what_should_be_absent(sources):
    assert "expected 'DOCKER' nowhere, found it in git/gc.html" in problems_of(sources, absent=("DOCKER",))
    assert "expected something to look for" in problems_of(sources)


def test_verify_counts(sources):
    verify, _ = sources
    problems = " ".join(verify.count_problems(verify.load()[:2] * 2))
    assert "git-01: expected ids to be unique, found it 2 times" in problems
    assert "found 4 and 0" in problems
    assert list(verify.count_problems(verify.load())) == []


def fetch(*arguments):
    command = ["sh", str(REALDOCS / "fetch.sh"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_fetch_lays_out_the_pages_and_nothing_else(tmp_path):
    share = tmp_path / "unpacked" / "any" / "usr" / "share"
    for file in ("git-doc/git.html", "git-doc/git.txt", "git-doc/howto/a b.html", "sqlite3/c3ref/open.html"):
        (share / "doc" / file).parent.mkdir(parents=True, exist_ok=True)
        (share / "doc" / file).write_text("x")
    (share / "doc" / "git-doc" / "index.html").symlink_to("git.html")
    (share / "R" / "doc" / "manual").mkdir(parents=True)
    for file in ("R-FAQ.pdf", "refman.pdf", "fullrefman.pdf"):
        (share / "R" / "doc" / "manual" / file).write_text("x")
    ran = fetch(tmp_path / "docs", tmp_path / "unpacked")
    assert ran.returncode == 0, ran.stderr
    made = {path.relative_to(tmp_path / "docs").as_posix() for path in (tmp_path / "docs").rglob("*") if path.is_file()}
    assert made == {"git/git.html", "git/howto/a b.html", "sqlite/c3ref/open.html", "r/R-FAQ.pdf"}
    again = fetch(tmp_path / "docs", tmp_path / "unpacked")
    assert again.returncode == 1
    assert "expected a folder without git, sqlite and r" in again.stderr


def test_fetch_says_what_it_misses(tmp_path):
    (tmp_path / "unpacked").mkdir()
    ran = fetch(tmp_path / "docs", tmp_path / "unpacked")
    assert ran.returncode == 1
    assert "expected usr/share/doc/git-doc below" in ran.stderr
    assert fetch().returncode == 2
