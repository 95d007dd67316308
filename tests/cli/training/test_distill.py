import json

import pytest

SIZES = ["--set", "max_seq_length=64", "--set", "stride=8", "--set", "max_query_length=16", "--max-steps", 1]


@pytest.fixture(scope="module")
def squad(tmp_path_factory):
    """A SQuAD file with a question that has an answer and one that has none."""
    context = "The observatory opens its dome at dusk. The server listens on port 8443 by default."
    asked = [
        {"id": "a", "question": "Which port?", "answers": [{"text": "8443", "answer_start": context.index("8443")}]},
        {"id": "b", "question": "Who is the mayor?", "answers": [], "is_impossible": True},
    ]
    file = tmp_path_factory.mktemp("squad") / "some.json"
    file.write_text(json.dumps({"version": "v2.0", "data": [{"paragraphs": [{"context": context, "qas": asked}]}]}))
    return file


@pytest.fixture
def models(bert_reader, squad):
    return ["--student", bert_reader, "--teacher", bert_reader, "--train", squad, "--device", "cpu", *SIZES]


def test_distill_writes_a_reader_and_what_it_reaches(spanwise, models, squad, tmp_path):
    options = ["--temperature", 2, "--distillation-loss-weight", 0.5, "--intermediate", "--cache", tmp_path / "cache"]
    ran = spanwise("distill", *models, *options, "--eval", squad, "--output", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    made = json.loads(ran.out)
    assert made["metrics"]["some"]["total"] == 2
    assert not made["already"]
    assert "layers: training" in ran.err
    assert "teacher reads  0/2" in ran.err
    distillation = json.loads((tmp_path / "out" / "training.json").read_text())["settings"]["distill"]
    assert (distillation["temperature"], distillation["distillation_loss_weight"]) == (2.0, 0.5)
    assert distillation["intermediate"]["attentions"]
    assert len(list((tmp_path / "cache").glob("*/logits-00000.npy"))) == 1
    again = spanwise("distill", *models, *options, "--eval", squad, "--output", tmp_path / "out")
    assert again.code == 0
    assert "holds this training, finished; nothing is left to do" in again.err
    assert again.out.endswith(f"Wrote {tmp_path / 'out'}.\n")


def test_options_take_the_place_of_a_recipes_values(spanwise, models, squad, tmp_path, bert_reader):
    common = [*models, "--eval", squad, "--no-intermediate", "--batch-size", 2]
    ran = spanwise("distill", "tinyroberta-squad2", *common, "--output", tmp_path / "out")
    assert ran.code == 0, ran.err
    settings = json.loads((tmp_path / "out" / "training.json").read_text())["settings"]
    assert settings["distill"] == {
        "teacher": [str(bert_reader)],
        "temperature": 1.5,
        "distillation_loss_weight": 0.75,
        "intermediate": None,
    }
    assert (settings["model"], settings["batch_size"], settings["warmup_ratio"]) == (str(bert_reader), 2, 0.2)


def test_distill_list_names_the_recipes_with_a_teacher(spanwise):
    ran = spanwise("distill", "--list")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == ["roberta-base-squad2-distilled", "tinyroberta-squad2"]


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (["--temperature", 0], 2, "the options: expected temperature to be greater than 0, found 0.0"),
        (["--temperature", -1], 2, "the options: expected temperature to be greater than 0, found -1.0"),
        (
            ["--distillation-loss-weight", 1.5],
            2,
            "expected distillation_loss_weight to be less than or equal to 1, found 1.5",
        ),
        (["--teacher", "nowhere/at-all"], 1, "expected a question-answering model named 'nowhere/at-all', found none"),
        (
            ["--set", "distill=3"],
            2,
            "expected keys of teacher, temperature, distillation_loss_weight, intermediate, found 3",
        ),
    ],
)
def test_bad_input_is_one_line(spanwise, models, tmp_path, changes, code, message):
    ran = spanwise("distill", *models, *changes, "--output", tmp_path / "out")
    assert ran.code == code
    assert message in ran.err
    assert ran.err.splitlines()[-1].startswith("spanwise: ")
    assert ran.err.count("\n") <= 2  # how far it came, and that
    assert ran.out == ""


def test_what_is_missing_is_said(spanwise, models, squad, tmp_path, bert_reader):
    ran = spanwise("distill", *models)
    assert (ran.code, "expected a folder to write the reader into, found none: --output DIR" in ran.err) == (2, True)
    ran = spanwise("distill", "--student", bert_reader, "--train", squad, "--output", tmp_path / "out")
    assert (ran.code, "expected a recipe, or --student, --teacher and --train, found neither" in ran.err) == (2, True)
    ran = spanwise("distill", "electra-small-squad2", "--output", tmp_path / "out")
    assert ran.code == 2
    assert "electra-small-squad2: expected a teacher, found none; name a reader with --teacher" in ran.err


def test_train_refuses_a_recipe_with_a_teacher(spanwise, tmp_path):
    ran = spanwise("train", "tinyroberta-squad2", "--output", tmp_path / "out")
    assert ran.code == 2
    assert "run it with spanwise distill" in ran.err


def test_help_explains_the_temperature(spanwise, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    ran = spanwise("distill", "--help")
    assert ran.code == 0
    for word in ("temperature", "teacher", "intermediate", "cache", "The default is 1.5"):
        assert word in " ".join(ran.out.split()), word
