import json
import subprocess
import sys

import pytest

TALL = {"id": "q1", "question": "How tall is the mast?", "answers": [{"text": "12 meters", "answer_start": 3}]}
WHO = {
    "id": "q2",
    "question": "Which was the tallest mast in 1987?",
    "answers": [{"text": "The mast", "answer_start": 0}],
}
CONTEXT = "The mast is 12 meters tall. It was the tallest mast in 1987."


@pytest.fixture
def put(tmp_path):
    def write(*qas, context=CONTEXT, name="data.json"):
        file = tmp_path / name
        data = [{"title": "Mast", "paragraphs": [{"context": context, "qas": list(qas)}]}]
        file.write_text(json.dumps({"data": data}))
        return file

    return write


def test_a_clean_file_is_0(spanwise, put):
    ran = spanwise("data", "check", put(WHO))
    assert ran.code == 0
    assert ran.out.splitlines()[1:] == [
        "  1 question, 0 (0.0%) without answer; 1 context; 1 article",
        "no faults were found",
    ]


def test_a_fault_is_1_and_shown(spanwise, put):
    ran = spanwise("data", "check", put(TALL, WHO), "--eval", put(WHO, name="held.json"))
    assert ran.code == 1
    assert (
        "  answers that do not stand at their offset: 1\n    q1: '12 meters' at 3, where ' mast is ' stands" in ran.out
    )
    assert (
        "  contexts that stand in an evaluation file: 1\n    data[0].paragraphs[0]: 100% of its words' runs" in ran.out
    )
    assert "no faults" not in ran.out


def test_json_lists_every_finding(spanwise, put):
    many = [{"id": "q", "question": f"Who is {number}?"} for number in range(6)]
    file = put(*many)
    shown = spanwise("data", "check", file)
    assert "and 2 more; --json lists them" in shown.out
    ran = spanwise("data", "check", file, "--json")
    result = json.loads(ran.out)
    assert (ran.code, result["clean"]) == (1, False)
    (found,) = result["files"]
    assert (found["file"], found["questions"], found["unanswerable"]) == (str(file), 6, 6)
    assert found["found"] == {"repeated_id": 5}
    assert {finding["question_id"] for finding in found["findings"]} == {"q"}
    assert len(found["findings"]) == 5


def test_fix_writes_what_is_clean(spanwise, put, tmp_path):
    out = tmp_path / "fixed.json"
    ran = spanwise("data", "check", put(TALL, WHO), "--fix", out)
    assert ran.code == 1
    assert ran.out.endswith(f"Wrote {out} with 2 of 2 questions:\n  offsets corrected: 1\n")
    assert spanwise("data", "check", out).code == 0
    ran = spanwise("data", "check", out, "--json", "--fix", tmp_path / "again.json")
    assert json.loads(ran.out)["fixed"] == {"output": str(tmp_path / "again.json"), "kept": 2, "done": {}}


def test_an_output_that_is_there_is_left_unless_forced(spanwise, put, tmp_path):
    out = tmp_path / "out.json"
    out.write_text("mine")
    file = put(WHO)
    for command in (("check", file, "--fix", out), ("mine", file, "--output", out)):
        ran = spanwise("data", *command)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            f"spanwise: expected a new file, found {out} there already; overwrite it with --force, or name another\n"
        )
    assert out.read_text() == "mine"
    assert spanwise("data", "check", file, "--fix", out, "--force").code == 0
    assert json.loads(out.read_text())["version"] == "v2.0"


def test_mine_says_what_it_found(spanwise, put, tmp_path):
    out, corpus = tmp_path / "out.json", put(context="A storm broke another tower.", name="corpus.json")
    ran = spanwise("data", "mine", put(WHO), "-o", out, "--corpus", corpus)
    assert ran.code == 0
    assert ran.out == f"Wrote {out}: 1 passage without the answer, for 1 question.\n"
    assert json.loads(out.read_text())["data"][0]["paragraphs"][0]["context"] == "A storm broke another tower."
    ran = spanwise("data", "mine", corpus, "-o", out, "--force")
    assert (ran.code, ran.err) == (2, f"spanwise: expected questions in {corpus}, found none; name another file\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "none.json"), "expected a file of questions at none.json: No such file"),
        (
            ("check", "{file}", "{file}", "--fix", "out.json"),
            "expected one FILE for --fix, found 2; fix them one by one",
        ),
        (("check", "{file}", "--near", "2"), "expected a share in (0, 1], found 2.0"),
        (("check", "{file}", "--fix", "none/out.json"), "expected the folder of none/out.json, found none"),
        (("mine", "{file}", "-o", "out.json", "--ranks", "few"), "expected ranks as in 1-20, found 'few'"),
        (("mine", "{file}", "-o", "out.json", "--ranks", "0"), "expected ranks from 1"),
    ],
)
def test_bad_input_is_usage_in_one_line(spanwise, put, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    file = put(WHO)
    ran = spanwise("data", *(argument.format(file=file) for argument in arguments))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"spanwise: {message}")
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "out.json").exists()


def test_checking_and_fixing_load_nothing_heavy(put, tmp_path):
    file = str(put(WHO))
    commands = (["check", file], ["check", file, "--fix", str(tmp_path / "out.json")])
    code = (
        "import sys\n"
        "from spanwise.cli.main import main\n"
        f"for arguments in {commands!r}:\n"
        "    sys.argv = ['spanwise', 'data', *arguments]\n"
        "    try:\n        main()\n    except SystemExit as end:\n        assert not end.code, end.code\n"
        "heavy = {'torch', 'haystack', 'transformers', 'sentence_transformers', 'faiss', 'onnxruntime', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
