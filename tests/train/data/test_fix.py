import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.errors import UsageError
from spanwise.squad.questions import read_questions
from spanwise.train.data import check, fix
from squad_files import MAST, PORT, entry, squad

TALL = ("12 meters", 12)


def paragraphs_of(file):
    return [paragraph for article in json.loads(file.read_text())["data"] for paragraph in article["paragraphs"]]


@pytest.fixture
def fixed(write, tmp_path):
    """Fix SQuAD's JSON; the report and the questions left."""

    def run(*paragraphs):
        report = fix(write(squad(*paragraphs)), tmp_path / "out.json")
        assert check([report.output]).clean
        return report, [qa for paragraph in paragraphs_of(report.output) for qa in paragraph["qas"]]

    return run


def test_an_offset_is_corrected_where_the_answer_stands_once(fixed):
    report, (question,) = fixed((MAST, entry("q", "How tall?", ("12 meters", 3))))
    assert question["answers"] == [{"text": "12 meters", "answer_start": 12}]
    assert (report.before, report.kept, report.done) == (1, 1, {"offsets corrected": 1})


def test_an_answer_that_may_stand_in_two_places_is_dropped_with_its_question(fixed):
    report, left = fixed((MAST, entry("a", "How?", ("meters tall", 0)), entry("b", "How tall?", TALL, ("yards", 3))))
    assert [(qa["id"], len(qa["answers"])) for qa in left] == [("b", 1)]
    assert report.done == {
        "answers dropped: without words, or not to be found": 2,
        "questions dropped: no answer is left": 1,
    }


def test_a_question_asked_twice_keeps_the_answers_of_both(fixed):
    asked = entry("a", "How tall is it?", TALL), entry("b", "how tall is it", TALL, ("9 meters", MAST.index("9 m")))
    report, (question,) = fixed((MAST, *asked))
    assert (question["id"], [answer["text"] for answer in question["answers"]]) == ("a", ["12 meters", "9 meters"])
    assert report.done == {"questions dropped: asked before, answers added to the first": 1}


def test_a_question_answered_and_called_impossible_is_dropped(fixed):
    report, left = fixed((MAST, entry("a", "How?", TALL), entry("b", "How?"), entry("c", "Who?")))
    assert [qa["id"] for qa in left] == ["c"]
    assert report.done == {"questions dropped: answered and called impossible": 2}


def test_ids_become_different_and_texts(fixed):
    asked = entry("q", "A?"), entry("q", "B?"), entry("q-2", "C?"), {"id": 7, "question": "D?"}
    report, left = fixed((MAST, *asked))
    assert [qa["id"] for qa in left] == ["q", "q-2", "q-2-2", "7"]
    assert report.done == {"ids changed": 3}


@pytest.mark.parametrize(
    ("paragraph", "reason"),
    [
        ((" ", entry("q", "Who?")), "the context is empty"),
        ((MAST, entry("q", " ? ")), "the question is empty"),
        ((MAST, entry("q", "How?", TALL) | {"is_impossible": True}), "flagged impossible, with answers"),
        ((MAST, entry("q", "How?") | {"is_impossible": False}), "flagged possible, without answers"),
    ],
)
def test_what_cannot_be_mended_is_dropped(fixed, paragraph, reason):
    report, left = fixed(paragraph, (PORT, entry("kept", "Which port?")))
    assert [qa["id"] for qa in left] == ["kept"]
    assert report.done == {f"questions dropped: {reason}": 1}


def test_fields_that_squad_does_not_have_stay(write, tmp_path):
    content = squad((MAST, entry("q", "How tall?", TALL, level="easy")))
    content["data"][0] |= {"source": "manual"}
    content["data"][0]["paragraphs"][0]["page"] = 3
    fix(write(content), tmp_path / "out.json")
    (article,) = json.loads((tmp_path / "out.json").read_text())["data"]
    assert (article["source"], article["paragraphs"][0]["page"]) == ("manual", 3)
    assert article["paragraphs"][0]["qas"][0]["level"] == "easy"


def test_a_clean_file_keeps_all(clean, tmp_path):
    report = fix(clean, tmp_path / "out.json.gz")
    assert (report.before, report.kept, report.done) == (3, 3, {})
    assert json.loads(gzip.decompress(report.output.read_bytes()))["data"] == json.loads(clean.read_text())["data"]


def test_a_file_of_which_nothing_is_left_writes_nothing(write, tmp_path):
    file = write(squad((MAST, entry("q", "How?", ("yards", 3)))))
    with pytest.raises(UsageError, match=r"expected a question in .*data.json that can be kept, found none"):
        fix(file, tmp_path / "out.json")
    assert [path.name for path in tmp_path.iterdir()] == ["data.json"]


QUESTIONS = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b", 7, None]), "question": st.sampled_from(["Who?", "who", "How tall?", " "])},
    optional={
        "is_impossible": st.booleans(),
        "answers": st.lists(
            st.fixed_dictionaries(
                {"text": st.sampled_from(["tall", "12 meters", ".", "yards", ""])},
                optional={"answer_start": st.integers(-2, 30) | st.just(12)},
            ),
            max_size=3,
        ),
    },
)


@given(st.lists(st.tuples(st.sampled_from([MAST, PORT, "."]), st.lists(QUESTIONS, max_size=4)), min_size=1, max_size=3))
def test_what_is_written_is_clean_and_can_be_read(tmp_path_factory, paragraphs):
    folder = tmp_path_factory.mktemp("fixed")
    content = squad(*((context, *qas) for context, qas in paragraphs), (MAST, entry("last", "Which mast?")))
    (folder / "in.json").write_text(json.dumps(content))
    report = fix(folder / "in.json", folder / "out.json")
    assert check([report.output]).clean
    assert len(read_questions(report.output).questions) == report.kept
    assert read_questions(report.output).misplaced == ()
