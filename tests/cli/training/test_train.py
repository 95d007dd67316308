import json
import shutil

import pytest

from spanwise.cli.training.train import describe
from spanwise.squad.questions import read_questions
from spanwise.train.recipe_file import packaged_recipes
from spanwise.train.training_job import TrainingProgress

SIZES = ("--set", "max_seq_length=48", "--set", "stride=8", "--set", "max_query_length=16")


@pytest.fixture
def squad(tmp_path):
    """A SQuAD file of one context with three questions."""
    context = "The mayor of Arden opens the dome at dusk. The server of Arden listens on port 8443."
    asked = {
        "When does the dome open?": "dusk",
        "Which port does the server use?": "8443",
        "Where is the library?": None,
    }
    qas = [
        {
            "id": f"q{number}",
            "question": question,
            "answers": [] if answer is None else [{"text": answer, "answer_start": context.index(answer)}],
        }
        for number, (question, answer) in enumerate(asked.items())
    ]
    file = tmp_path / "squad.json"
    file.write_text(json.dumps({"data": [{"title": "Arden", "paragraphs": [{"context": context, "qas": qas}]}]}))
    return file


def test_training_asking_and_training_on(spanwise, squad, bert_reader, tmp_path):
    reader = tmp_path / "reader"
    command = (
        "train",
        "--model",
        bert_reader,
        "--train",
        squad,
        "--eval",
        squad,
        "--output",
        reader,
        "--device",
        "cpu",
    )
    command += ("--epochs", 2, "--batch-size", 2, "--learning-rate", "1e-3", "--seed", 3, *SIZES)
    ran = spanwise(*command)
    assert ran.code == 0
    assert ran.out.startswith("squad ")
    assert ran.out.endswith(f"Wrote {reader}.\n")
    assert "training  1/" in ran.err
    record = json.loads((reader / "training.json").read_text())
    assert record["settings"]["learning_rate"] == 1e-3
    assert record["settings"]["stride"] == 8
    again = spanwise(*command, "--json")
    assert again.code == 0
    assert json.loads(again.out)["already"] is True
    assert json.loads(again.out)["metrics"]["squad"] == record["metrics"]["squad"]
    assert "nothing is left to do" in again.err
    measured = spanwise("evaluate", "reader", reader, "--data", squad, "--device", "cpu", "--json")
    assert measured.code == 1  # this tiny model takes no windows of 384 tokens
    assert "expected max_seq_length of at most 128" in measured.err
    changed = spanwise(*command, "--epochs", 3)
    assert (changed.code, changed.err.count("\n")) == (2, 1)
    assert "another epochs: 2.0, not 3.0; name another folder with --output" in changed.err


@pytest.mark.parametrize("kind", ["lines", "index"])
def test_training_on_the_passages_of_a_corpus(spanwise, squad, bert_reader, tmp_path, kind):
    texts = [
        "It opens the dome at dusk. The server of Arden listens on port 8443 by default.",
        "Ask for ticket 8443 of the library.",
        "The mayor keeps backups for a year.",
    ]
    if kind == "lines":
        corpus = tmp_path / "corpus.jsonl"
        corpus.write_text("\n".join(json.dumps({"text": text}) for text in texts))
    else:
        corpus, documents = tmp_path / "my.index", tmp_path / "documents"
        documents.mkdir()
        for number, text in enumerate(texts):
            (documents / f"{number}.txt").write_text(text)
        assert spanwise("index", documents, "--index", corpus).code == 0
    reader = tmp_path / "reader"
    command = ("train", "--model", bert_reader, "--train", squad, "--corpus", corpus, "--output", reader, *SIZES)
    ran = spanwise(*command, "--max-steps", 1, "--device", "cpu")
    assert ran.code == 0, ran.err
    data = json.loads((reader / "training.json").read_text())["data"][0]
    assert (data["corpora"], data["corpora_passages"], data["questions"]) == (1, 3, 3)
    assert (data["found_positive"], data["found_left_out"]) == (2, 1)  # the same words again; the number elsewhere
    assert data["found_negative"] == 6
    assert ("embedding passages" in ran.err) == (kind == "lines")
    assert not (reader / "passages").exists()


def test_a_recipe_of_ones_own_with_files_of_a_folder(spanwise, squad, bert_reader, tmp_path):
    (tmp_path / "data").mkdir()
    shutil.move(squad, tmp_path / "data" / "mine.json")
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(f"model: {bert_reader}\ntrain: [{{file: mine.json, weight: 2}}]\nmax_steps: 1\n")
    output = tmp_path / "reader"
    ran = spanwise("train", recipe, "--data", tmp_path / "data", "--output", output, *SIZES, "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == {"folder": str(output), "metrics": {}, "already": False}
    assert json.loads((output / "training.json").read_text())["data"][0]["weight"] == 2


def test_the_recipes_are_listed(spanwise):
    ran = spanwise("train", "--list")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == packaged_recipes()
    assert all(len(line.split()) > 3 for line in ran.out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected a folder to write the reader into, found none: --output DIR"),
        (("--output", "out"), "expected a recipe, or --model and --train, found neither"),
        (("--output", "out", "--model", "m"), "expected a recipe, or --model and --train, found neither"),
        (("none", "--output", "out"), "expected a recipe of default, "),
        (("default", "--output", "out", "--set", "epochs"), "expected --set KEY=VALUE, such as --set stride=64"),
        (("default", "--output", "out", "--set", "wrod=1"), "found 'wrod'; correct it or leave it out"),
        (
            ("default", "--output", "out", "--set", "seed=["),
            "expected a value as in a recipe for --set seed, found '['",
        ),
        (("default", "--output", "out"), "expected a file of questions at train/squad1_train_part.json.gz"),
    ],
)
def test_what_cannot_be_trained(spanwise, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    ran = spanwise("train", *arguments)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert message in ran.err
    assert not (tmp_path / "out").exists()


def test_a_key_of_an_older_recipe_is_taken_with_a_notice(spanwise, tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("model: default\ntrain: [none.json]\nwarmup: 0.2\n")
    ran = spanwise("train", recipe, "--output", tmp_path / "out")
    notice, error = ran.err.splitlines()
    assert notice == f"the key 'warmup' in {recipe} is called 'warmup_ratio' today; it was taken as that"
    assert "expected a file of questions at none.json" in error


def test_a_line_of_progress():
    state = TrainingProgress(
        "training", 120, 2400, 0.5, loss=1.2345, f1=61.04, best_f1=62.5, tokens_per_second=1234.5, seconds_left=4000
    )
    expected = "training  120/2,400  loss 1.234  F1 61.0 (best 62.5)  1,234 tokens/s  1 h 07 min left"
    assert describe(state) == expected
    assert describe(TrainingProgress("preparing")) == "preparing"


@pytest.mark.slow
def test_what_was_trained_asks_is_measured_calibrated_and_exported(
    spanwise, sample_index, sample_folder, squad, tmp_path
):
    reader = tmp_path / "reader"
    command = ("train", "--model", "default", "--train", squad, "--output", reader, "--device", "cpu", "--max-steps", 1)
    assert spanwise(*command, "--learning-rate", "1e-6", "--set", "save_dtype=float16").code == 0
    measured = spanwise("evaluate", "reader", reader, "--data", squad, "--json")
    assert json.loads(measured.out)["total"] == 3
    exported = spanwise("export", reader, "--precision", "int8", "--check", squad, "--json")
    assert json.loads(exported.out)["graphs"][0]["kept"] is True
    question = "How high is the summit of the observatory hill?"
    ask = ("ask", question, "--index", sample_index, "--reader", reader, "--passages", 5, "--json")
    answer = json.loads(spanwise(*ask).out)
    assert len(answer["answers"]) == 5
    assert answer["calibrated"] is False
    lines = tmp_path / "asked.jsonl"
    asked = [
        {"question": f"{question.question}{ending}", "answers": question.golds}
        for question in read_questions(sample_folder / "questions.json").questions
        for ending in ("", " ", "  ")
    ]
    lines.write_text("\n".join(map(json.dumps, asked)))
    result = spanwise("calibrate", "--data", lines, "--index", sample_index, "--reader", reader, "--passages", 5)
    assert result.code == 0, result.err
    assert json.loads(spanwise(*ask).out)["calibrated"] is True
