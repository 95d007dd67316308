"""How the answers of both sides to the questions on real documentation are judged; nothing is asked here."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODULES = ("realdocs", "realdocs.realdocs", "realdocs_sides", "ask_realdocs", "measures", "harness")


@pytest.fixture
def program(monkeypatch):
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(BENCHMARKS)
    import ask_realdocs
    import realdocs.realdocs
    import realdocs_sides

    place = realdocs.realdocs.Place("git/gc.html", "The default value is 6700.")
    answerable = realdocs.realdocs.Question("git-01", "git", "how many?", ("6700",), (place,), ())
    impossible = realdocs.realdocs.Question("git-02", "git", "how much?", (), (), ("x",))
    yield SimpleNamespace(
        sides=realdocs_sides, ask=ask_realdocs, answerable=answerable, impossible=impossible, place=place
    )
    for name in MODULES:
        sys.modules.pop(name, None)


def asked(program, question, *answers, rank=1, was_read=True, abstained=False):
    given = tuple(program.sides.Given(text, 0.5, file, (passage,)) for text, file, passage in answers)
    return program.sides.Asked(
        question, rank, was_read, given, abstained, 0.5 + 0.4 * (not abstained), {"retrieve": 1.0, "read": 2.0}
    )


RIGHT = ("6700", "git/gc.html", "So. The default value is 6700.")
BY_CHANCE = ("6700", "git/gc.html", "In 6700 other cases.")
ELSEWHERE = ("6700", "git/config.html", "The default value is 6700.")
WRONG = ("50", "git/gc.html", "The default value is 6700, or 50.")


def test_a_right_answer_needs_its_words_and_its_file(program):
    judged = {}
    for answer in (RIGHT, BY_CHANCE, ELSEWHERE, WRONG):
        given = program.sides.Given(answer[0], 0.5, answer[1], (answer[2],))
        judged[answer] = (given.is_right(program.answerable), given.is_surely_right(program.answerable))
    assert judged == {RIGHT: (True, True), BY_CHANCE: (True, False), ELSEWHERE: (False, False), WRONG: (False, False)}


def test_the_rank_is_that_of_the_first_passage_that_answers_or_has_a_copy_that_does(program):
    other, right = ("git/gc.html", "Nothing."), ("git/gc.html", RIGHT[2])
    elsewhere = ("git/copy.html", RIGHT[2])
    first_rank = program.sides.first_rank
    assert first_rank(program.answerable, [[other], [elsewhere], [right]]) == 3
    assert first_rank(program.answerable, [[other], [elsewhere, right]]) == 2
    assert first_rank(program.answerable, [[other]]) is None


@pytest.mark.parametrize(
    ("answers", "given", "lost", "why"),
    [
        ((RIGHT,), {}, None, None),
        ((RIGHT,), {"abstained": True}, None, "below the threshold"),
        ((WRONG, RIGHT), {"rank": 3}, None, "not read right (passage at rank 3, right among five)"),
        ((WRONG,), {"rank": 2}, None, "not read right (passage at rank 2)"),
        ((WRONG,), {"rank": 40, "was_read": False}, None, "not retrieved (rank 40)"),
        ((), {"rank": None, "was_read": False}, None, "not retrieved (rank beyond 50)"),
        ((WRONG,), {"rank": None, "was_read": False}, "not in the text", "not in the text"),
    ],
)
def test_a_failure_names_the_stage_that_lost_the_answer(program, answers, given, lost, why):
    side = SimpleNamespace(lost=lambda _: lost)
    assert program.ask.failure(asked(program, program.answerable, *answers, **given), side) == why


def test_an_answer_to_what_has_none_is_a_failure(program):
    answered = asked(program, program.impossible, WRONG)
    assert program.ask.failure(answered, None) == "answered though unanswerable"
    assert program.ask.failure(asked(program, program.impossible, WRONG, abstained=True), None) is None


def test_the_table_counts(program):
    found = [
        asked(program, program.answerable, RIGHT),
        asked(program, program.answerable, WRONG, RIGHT, rank=7, abstained=True),
        asked(program, program.impossible, WRONG),
        asked(program, program.impossible, WRONG, abstained=True),
    ]
    rows = {
        line.split(" | ")[0].strip("| "): line.split(" | ")[1].strip("| ")
        for line in program.ask.table({"side": found}).splitlines()[2:]
    }
    assert rows["passage with the answer among the first 5"] == "50%"
    assert rows["passage with the answer among the first 10"] == "100%"
    assert rows["right answer first"] == "50%"
    assert rows["right answer among five"] == "100%"
    assert rows["abstained though answerable"] == "50%"
    assert rows["answered though unanswerable"] == "50%"
    assert rows["AUROC of answerability"] == "0.50"
    assert rows["median ms to read"] == "2"
