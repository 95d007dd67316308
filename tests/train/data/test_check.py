import json

import pytest

from spanwise.errors import UsageError
from spanwise.train.data import check
from squad_files import MAST, PORT, entry, squad


def kinds(report):
    return [(finding.kind, finding.question_id) for finding in report.files[0].findings]


@pytest.mark.parametrize("name", ["data.json", "data.json.gz"])
def test_a_clean_file_is_counted(write, name):
    asked = (entry("q1", "How tall is the mast?", ("12 meters", 12)), entry("q2", "Who broke the mast?"))
    report = check([write(squad((MAST, *asked)), name)])
    assert report.clean
    counts = report.files[0].counts
    assert (counts.questions, counts.unanswerable, counts.contexts, counts.articles) == (2, 1, 1, 1)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (("12 meters", 3), "'12 meters' at 3, where ' mast is ' stands; it stands once, at 12"),
        (("meters tall", 0), "'meters tall' at 0, where 'The mast is' stands; it stands more than once"),
        (("13 meters", -4), "'13 meters' at -4, where 'The mast ' stands; it stands nowhere"),
        (("12 meters", None), "'12 meters' without an offset; it stands once, at 12"),
        (("12 meters", True), "'12 meters' without an offset; it stands once, at 12"),
    ],
)
def test_misplaced_answers_say_what_stands_there(write, answer, detail):
    (finding,) = check([write(squad((MAST, entry("q1", "How tall?", answer))))]).files[0].findings
    assert (finding.kind, finding.where) == ("misplaced_answer", "data[0].paragraphs[0].qas[0]")
    assert finding.detail == detail


@pytest.mark.parametrize(
    ("qa", "kind"),
    [
        (entry("q", "?!"), "empty_question"),
        (entry("q", "How tall?", (".", MAST.index("."))), "wordless_answer"),
        (entry("q", "How tall?", ("", 0)), "wordless_answer"),
        (entry("q", "How tall?", ("12 meters", 12)) | {"is_impossible": True}, "impossible_with_answers"),
        (entry("q", "How tall?") | {"is_impossible": False}, "possible_without_answers"),
    ],
)
def test_faults_of_a_question(write, qa, kind):
    assert kinds(check([write(squad((MAST, qa)))])) == [(kind, "q")]


def test_a_question_without_answers_and_flag_is_no_fault(write):
    bare = {"id": "q", "question": "How tall?"}
    report = check([write(squad((MAST, bare)))])
    assert report.clean
    assert report.files[0].counts.unanswerable == 1


def test_an_empty_context(write):
    (finding,) = check([write(squad((" .", entry("q", "How tall?"))))]).files[0].findings
    assert (finding.kind, finding.question_id, finding.detail) == ("empty_context", None, "' .'")


def test_ids_that_are_no_text(write):
    report = check([write(squad((MAST, {"id": 7, "question": "How tall?"}, {"question": "How wide?"})))])
    assert [finding.detail for finding in report.files[0].findings] == ["7", "None"]
    assert report.files[0].by_kind == {"no_id": 2}


def test_an_id_twice_names_the_first(write):
    first, other = entry("q", "How tall is it?"), entry("q", "How wide is it?")
    (finding,) = check([write(squad((MAST, first), (PORT, other)))]).files[0].findings
    assert (finding.kind, finding.detail) == ("repeated_id", "another question has it in data[0].paragraphs[0].qas[0]")
    found = check([write(squad((MAST, first), (PORT, first)))]).files[0].findings
    assert [finding.detail[:17] for finding in found] == ["the same question"]


def test_a_question_twice_of_one_context(write):
    tall = ("12 meters", 12)
    twice = entry("a", "How tall is it?", tall), entry("b", "how  tall is it", tall)
    assert kinds(check([write(squad((MAST, *twice)))])) == [("repeated_question", "b")]
    assert check(
        [write(squad((MAST, twice[0]), (f"{PORT} {MAST}", twice[1] | {"answers": []} | {"is_impossible": True})))]
    ).clean
    against = entry("a", "How tall is it?", tall), entry("b", "How tall is it?")
    assert kinds(check([write(squad((MAST, *against)))])) == [("contradiction", "b")]


def test_signs_that_make_another_question_count(write):
    assert check([write(squad((MAST, entry("a", "What is C++?"), entry("b", "What is C#?"))))]).clean


def test_progress_names_the_files(clean):
    seen = []
    check([clean, clean], progress=lambda *state: seen.append(state))
    assert seen == [("checking data.json", 0, 2), ("checking data.json", 1, 2)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"expected SQuAD's JSON, .* in .*data.json, found no JSON .line 1.; name another file"),
        ("[1]", 'found no list "data"'),
        ('{"data": 5}', 'found no list "data"'),
        ('{"data": []}', "expected questions in .*data.json, found none; name another file"),
        ('{"data": [5]}', r"expected SQuAD's article, paragraph and question in .* in data\[0\]; correct it"),
        (json.dumps(squad((5, entry("q", "Who?")))), r"'5 where a text should be'\) in data\[0\].paragraphs\[0\];"),
        (json.dumps(squad((MAST, {"id": "q"}))), r"KeyError\('question'\) in data\[0\].paragraphs\[0\].qas\[0\];"),
        (json.dumps(squad((MAST, entry("q", "Who?") | {"answers": 3}))), "3 where a list should be"),
    ],
)
def test_what_is_not_squad_is_one_line(write, content, message):
    with pytest.raises(UsageError, match=message) as raised:
        check([write(content)])
    assert "\n" not in str(raised.value)


def test_options_out_of_range(clean):
    with pytest.raises(UsageError, match="expected a SQuAD file, found none"):
        check([])
    for near in (0, 1.5):
        with pytest.raises(UsageError, match=rf"expected a share in \(0, 1\], found {near}; 0.3 is usual"):
            check([clean], near=near)
