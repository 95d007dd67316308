import gzip
import json

import pytest

from spanwise.errors import UsageError
from spanwise.squad.questions import GoldAnswer, Misplaced, Question, read_questions
from spanwise.squad.squad_file import read_squad

CONTEXT = "The mast is 12 meters tall."


def squad(*entries, context=CONTEXT):
    return {"version": "v2.0", "data": [{"title": "Mast", "paragraphs": [{"context": context, "qas": list(entries)}]}]}


def entry(number, *answers, **more):
    found = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": f"q{number}", "question": "How tall is the mast?", "answers": found, **more}


def write(tmp_path, content, name="data.json"):
    file = tmp_path / name
    text = content if isinstance(content, str) else json.dumps(content)
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


@pytest.mark.parametrize("name", ["data.json", "data.json.gz"])
def test_squad(tmp_path, name):
    file = write(tmp_path, squad(entry(1, ("12 meters", 12)), entry(2, is_impossible=True)), name)
    found = read_questions(file)
    assert found.name == "data"
    first, second = found.questions
    assert first == Question("q1", "How tall is the mast?", (GoldAnswer("12 meters", 12),), CONTEXT, "Mast")
    assert (first.answerable, first.golds) == (True, ["12 meters"])
    assert (second.answerable, second.golds) == (False, [])
    assert found.misplaced == ()


def test_the_sample_questions_are_in_order(sample_folder):
    found = read_questions(sample_folder / "questions.json")
    assert (len(found.questions), sum(question.answerable for question in found.questions)) == (60, 44)
    assert found.misplaced == ()


@pytest.mark.parametrize("name", ["data.jsonl", "data.jsonl.gz"])
def test_lines(tmp_path, name):
    lines = [
        {"question": "Which port?", "answers": ["5310", "port 5310"], "file": "network.md"},
        {"id": "none", "question": "Who?", "answers": []},
        {"question": "Why?"},
    ]
    found = read_questions(write(tmp_path, "\n\n".join(map(json.dumps, lines)), name))
    assert found.name == "data"
    assert found.questions == (
        Question("1", "Which port?", (GoldAnswer("5310"), GoldAnswer("port 5310")), file="network.md"),
        Question("none", "Who?", ()),
        Question("5", "Why?", ()),
    )


def test_a_limit_reads_the_first(tmp_path):
    file = write(tmp_path, squad(*(entry(number, ("12 meters", 12)) for number in range(5))))
    assert [question.id for question in read_questions(file, limit=2).questions] == ["q0", "q1"]


@pytest.mark.parametrize(("start", "there"), [(3, " mast is "), (-1, "The mast "), (900, "")])
def test_answers_that_do_not_stand_there_lose_their_offset(tmp_path, start, there):
    found = read_questions(write(tmp_path, squad(entry(1, ("12 meters", start), ("tall", 22)))))
    assert found.questions[0].answers == (GoldAnswer("12 meters"), GoldAnswer("tall", 22))
    assert found.misplaced == (Misplaced("q1", "12 meters", start, there),)


def test_an_answer_without_an_offset_is_not_misplaced(tmp_path):
    found = read_questions(write(tmp_path, squad({**entry(1), "answers": [{"text": "12 meters"}]})))
    assert (found.questions[0].answers, found.misplaced) == ((GoldAnswer("12 meters"),), ())


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (
            "no json",
            "d.json",
            "expected SQuAD.s JSON, .* in .*d.json, found no JSON .line 1.; .* in .jsonl for lines",
        ),
        ("[1]", "d.json", 'found no list "data"'),
        (
            {"data": [{"title": "t"}]},
            "d.json",
            r"expected SQuAD.s article.*KeyError.*paragraphs.* in data\[0\]; correct it",
        ),
        (
            squad(entry(1), {"id": 5}),
            "d.json",
            r"KeyError.*question.* in data\[0\].paragraphs\[0\].qas\[1\]; correct it",
        ),
        (squad({**entry(1), "id": 5}), "d.json", r"found the id 5 in data\[0\].paragraphs\[0\].qas\[0\]"),
        (
            squad(entry(1, ("tall", "22"))),
            "d.json",
            r"offsets that are numbers in .*, found '22' in data\[0\]",
        ),
        ({"data": []}, "d.json", "expected questions in .*d.json, found none"),
        (squad(entry(1), entry(1)), "d.json", "expected every id once in .*, found 'q1' again"),
        (squad({**entry(1), "question": " "}), "d.json", "an empty question"),
        ("", "d.jsonl", "expected questions in .*d.jsonl, found none"),
        ('{"question": "a"}\n{"answers": []}', "d.jsonl", "in line 2 of .*d.jsonl, found .*answers"),
        ('{"question": "a"}\n["x"]', "d.jsonl", "in line 2 of"),
        ('{"question": "a", "answers": "b"}', "d.jsonl", "in line 1 of"),
        ('{"question": "a", "answers": [{"text": "b"}]}', "d.jsonl", "in line 1 of"),
        ('{"question": "  "}', "d.jsonl", "in line 1 of"),
        ('{"id": "2", "question": "a"}\n{"question": "b"}', "d.jsonl", "found '2' again"),
    ],
)
def test_what_is_neither_is_one_line(tmp_path, content, name, message):
    with pytest.raises(UsageError, match=message) as raised:
        read_questions(write(tmp_path, content, name))
    assert "\n" not in str(raised.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match=r"expected a file of questions at .*none.json: No such file"):
        read_questions(tmp_path / "none.json")
    with pytest.raises(UsageError, match=r"expected a file of questions at .*: Is a directory"):
        read_questions(tmp_path)
    (tmp_path / "latin.json").write_bytes(b'{"data": "\xe9"}')
    with pytest.raises(UsageError, match=r"expected UTF-8 in .*latin.json, found .* at byte 10"):
        read_questions(tmp_path / "latin.json")
    whole = gzip.compress(json.dumps(squad(entry(1))).encode())
    for number, broken in enumerate((whole[:-9], whole[:20] + b"\0\0\0" + whole[23:])):
        file = tmp_path / f"{number}.json.gz"
        file.write_bytes(broken)
        with pytest.raises(UsageError, match="expected a whole gzip file in"):
            read_questions(file)


def test_lines_where_squad_is_wanted_are_not_told_to_be_called_lines(tmp_path):
    with pytest.raises(UsageError, match=r"found no JSON \(line 2\); name another file$"):
        read_squad(write(tmp_path, '{"question": "a"}\n{"question": "b"}', "d.jsonl"))
