import json
import math
import shutil
from dataclasses import replace
from unittest.mock import Mock

import pytest
import torch
from safetensors.torch import load_file, save_file

from spanwise.calibration import load_calibration
from spanwise.errors import ModelError, UsageError
from spanwise.evaluate.reader import evaluate_reader
from spanwise.read.backends.export import export_reader
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.squad.questions import read_questions
from spanwise.train.loop.arguments import training_arguments
from spanwise.train.recipe_file import load_recipe, packaged_recipes
from spanwise.train.training import train

LEARNING = {"epochs": 30, "batch_size": 9, "learning_rate": 1e-2, "dropout": 0.0, "evaluate_every": 15}


@pytest.fixture(scope="module")
def learned(tiny_recipe, tmp_path_factory, make_squad):
    """A training that goes on until what it is trained on is known, and what it reported."""
    reported = []
    recipe = tiny_recipe(**LEARNING, eval=[str(make_squad("train"))], save_dtype="float16")
    trained = train(
        recipe, output=tmp_path_factory.mktemp("learned") / "reader", device="cpu", progress=reported.append
    )
    return trained, reported


def test_a_model_learns_what_it_is_trained_on(learned, make_squad):
    trained, _ = learned
    assert trained.metrics["train"]["f1"] == 100
    assert trained.metrics["train"]["NoAns_total"] == 6
    losses = [entry["loss"] for entry in trained.record["history"] if "loss" in entry]
    assert losses[0] > 2
    assert losses[-1] < 0.2


def test_what_it_writes_is_a_reader_that_can_be_measured_and_exported(learned, tmp_path, make_squad):
    trained, _ = learned
    folder = tmp_path / "copy"
    shutil.copytree(trained.folder, folder)
    assert {tensor.dtype for tensor in load_file(folder / "model.safetensors").values()} == {torch.float16}
    settings = ReaderSettings(str(folder), device="cpu", backend="torch", precision="fp32", max_seq_length=48, stride=8)
    reader = SpanReader(settings)
    assert evaluate_reader(reader, read_questions(make_squad("train"))) == trained.metrics["train"]
    export_reader(str(folder), precision="fp32", check=make_squad("train"))
    with_graph = SpanReader(replace(settings, backend="onnx"))
    assert evaluate_reader(with_graph, read_questions(make_squad("train")))["f1"] == 100


def test_what_it_writes_says_what_it_is(tiny_recipe, tmp_path, bert_reader):
    encoder = tmp_path / "encoder"
    shutil.copytree(bert_reader, encoder)
    tokenizer = json.loads((encoder / "tokenizer.json").read_text())
    tokenizer["truncation"] = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    padding = {"direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    tokenizer["padding"] = {"strategy": {"Fixed": 8}, **padding}
    (encoder / "tokenizer.json").write_text(json.dumps(tokenizer))
    recipe = tiny_recipe(model=str(encoder), max_steps=1, save_dtype="float16")
    folder = train(recipe, output=tmp_path / "reader", device="cpu").folder
    written = json.loads((folder / "tokenizer.json").read_text())
    assert written["truncation"] is None
    assert written["padding"] is None
    assert json.loads((folder / "config.json").read_text())["dtype"] == "float16"


def test_the_record_and_the_card_say_how_it_was_made(learned):
    trained, _ = learned
    assert sorted(entry.name for entry in trained.folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    ]
    record = json.loads((trained.folder / "training.json").read_text())
    assert record["settings"]["learning_rate"] == 1e-2
    assert record["data"][0] | {"sha256": ""} == {
        "name": "train.json",
        "weight": 1.0,
        "questions": 12,
        "unanswerable": 6,
        "sha256": "",
        "bytes": record["data"][0]["bytes"],
        "windows": 18,
        "answered": 6,
        "cut": 0,
        "dropped": 0,
    }
    assert record["metrics"]["train"]["f1"] == 100
    assert record["versions"]["torch"] == torch.__version__
    card = (trained.folder / "README.md").read_text()
    for text in ("name: F1\n", "value: 100.0", "| `learning_rate` | 0.01 |", record["data"][0]["sha256"]):
        assert text in card
    assert str(trained.folder.parent) not in card


def test_progress_tells_updates_loss_and_f1(learned):
    _, reported = learned
    assert reported[0].what == "preparing"
    updates = [state for state in reported if state.what == "training"]
    assert [state.step for state in updates] == sorted({state.step for state in updates})
    last = updates[-1]
    assert (last.step, last.steps, last.epoch) == (60, 60, 30.0)
    assert last.loss < 0.2
    assert last.f1 == last.best_f1 == 100
    assert last.tokens_per_second > 0
    assert last.seconds_left == 0
    evaluated = [state for state in reported if state.what == "evaluating"]
    assert [(state.step, state.steps) for state in evaluated] == [(12, 12)] * 2
    assert any(state.what == "measuring" for state in reported)


def test_the_same_recipe_gives_the_same_weights_and_another_seed_others(tiny_recipe, tmp_path):
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        train(tiny_recipe(seed=seed, max_steps=2), output=tmp_path / name, device="cpu")
    one, two, three = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two", "three"))
    assert one == two != three


# They shift all scores of a softmax alike; of the rounding that is left of their gradient Adam makes whole steps.
WITHOUT_GRADIENT = ("key.bias", ".0.output.LayerNorm.bias", "qa_outputs.bias")


@pytest.mark.slow
def test_accumulated_batches_come_to_the_same_update(tiny_recipe, tmp_path):
    weights = []
    for parts in (1, 2):
        recipe = tiny_recipe(gradient_accumulation=parts, max_steps=3, dropout=0.0)
        train(recipe, output=tmp_path / str(parts), device="cpu")
        weights.append(load_file(tmp_path / str(parts) / "model.safetensors"))
    for name, tensor in weights[0].items():
        if not name.endswith(WITHOUT_GRADIENT):
            torch.testing.assert_close(weights[1][name], tensor, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_gradient_checkpointing_changes_nothing(tiny_recipe, tmp_path):
    weights = []
    for name, choice in (("without", False), ("with", True)):
        train(tiny_recipe(gradient_checkpointing=choice, max_steps=2), output=tmp_path / name, device="cpu")
        weights.append(load_file(tmp_path / name / "model.safetensors"))
    for name, tensor in weights[0].items():
        torch.testing.assert_close(weights[1][name], tensor)


@pytest.mark.parametrize(
    ("changes", "hidden", "attention"),
    [({"dropout": 0.2}, 0.2, 0.2), ({"dropout": 0.2, "attention_dropout": 0.0}, 0.2, 0.0)],
)
def test_dropout_is_written_with_the_model(changes, hidden, attention, tiny_recipe, tmp_path):
    train(tiny_recipe(max_steps=1, **changes), output=tmp_path / "reader", device="cpu")
    config = json.loads((tmp_path / "reader" / "config.json").read_text(encoding="utf-8"))
    assert config["hidden_dropout_prob"] == hidden
    assert config["attention_probs_dropout_prob"] == attention


@pytest.mark.slow
def test_bfloat16_and_dropout_before_the_head_come_to_other_weights(tiny_recipe, tmp_path):
    made = []
    for name, changes in (("plain", {}), ("bf16", {"dtype": "bfloat16"}), ("head", {"head_dropout": 0.3})):
        train(tiny_recipe(max_steps=2, dropout=0.0, **changes), output=tmp_path / name, device="cpu")
        made.append((tmp_path / name / "model.safetensors").read_bytes())
    assert len(set(made)) == 3


def test_frozen_parameters_stay_as_they_are(tiny_recipe, tmp_path, bert_reader):
    train(tiny_recipe(freeze=["word_embeddings"], max_steps=3), output=tmp_path / "out", device="cpu")
    before, after = load_file(bert_reader / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    same = {name for name in before if torch.equal(before[name], after[name])}
    assert same == {"bert.embeddings.word_embeddings.weight"}


@pytest.mark.parametrize("architecture", ["electra", "roberta"])
def test_other_architectures(tiny_recipe, tmp_path, architecture, request):
    folder = request.getfixturevalue(f"{architecture}_reader")
    trained = train(tiny_recipe(model=str(folder), max_steps=2), output=tmp_path / "out", device="cpu")
    assert trained.metrics["dev"]["total"] == 4


@pytest.fixture
def scores(monkeypatch):
    """Have evaluations give 50, 70, 60, 70, 90, whatever the model; returns the weights that each was asked of."""
    values, seen = iter([50.0, 70.0, 60.0, 70.0, 90.0]), []

    def measured(self, model, counting):
        seen.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        value = next(values)
        return {"f1": value, "best_f1": value, "exact": value, "best_exact": value}

    monkeypatch.setattr("spanwise.train.loop.scoring.Scorer.score", measured)
    return seen


def test_it_stops_when_patience_is_at_its_end_and_keeps_the_best(tiny_recipe, tmp_path, scores):
    trained = train(tiny_recipe(epochs=5, patience=2), output=tmp_path / "out", device="cpu")
    assert (trained.record["steps"], trained.record["kept_step"], trained.record["stopped_early"]) == (20, 10, True)
    assert len(scores) == 4
    for name, tensor in load_file(tmp_path / "out" / "model.safetensors").items():
        torch.testing.assert_close(tensor, scores[1][name], rtol=0, atol=0)


def test_patience_outlasts_an_interruption(tiny_recipe, tmp_path, scores, monkeypatch):
    """Stopped after the third evaluation, and again when the fourth had ended the training."""
    recipe, folder = tiny_recipe(epochs=5, patience=2), tmp_path / "out"

    def stop(state):
        if state.step == 16:
            raise KeyboardInterrupt

    monkeypatch.setattr("spanwise.train.loop.qa_trainer.LEAST_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, output=folder, device="cpu", progress=stop)
    with monkeypatch.context() as patch:
        patch.setattr("spanwise.train.training.save_reader", Mock(side_effect=RuntimeError("stopped here")))
        with pytest.raises(RuntimeError, match="stopped here"):
            train(recipe, output=folder, device="cpu")
    trained = train(recipe, output=folder, device="cpu")
    assert (trained.record["steps"], trained.record["kept_step"], trained.record["stopped_early"]) == (20, 10, True)
    assert len(scores) == 4
    for name, tensor in load_file(folder / "model.safetensors").items():
        torch.testing.assert_close(tensor, scores[1][name], rtol=0, atol=0)


def test_a_model_that_never_saw_an_unanswerable_question_says_so(tiny_recipe, tmp_path, make_squad):
    file = str(make_squad("v1", unanswerable=False))
    train(tiny_recipe(train=[file], eval=[file], max_steps=1), output=tmp_path / "out", device="cpu")
    assert load_calibration(tmp_path / "out").null_answer is False
    assert json.loads((tmp_path / "out" / "training.json").read_text())["metrics"]["v1"]["null_threshold"] is None


def test_a_training_on_questions_of_which_none_has_an_answer_says_so(tiny_recipe, tmp_path, make_squad):
    data = json.loads(make_squad().read_text())
    for paragraph in data["data"][0]["paragraphs"]:
        paragraph["qas"] = [asked for asked in paragraph["qas"] if not asked["answers"]]
    file, said = tmp_path / "none.json", []
    file.write_text(json.dumps(data))
    recipe = tiny_recipe(train=[str(file)], eval=[], max_steps=1)
    train(recipe, output=tmp_path / "out", device="cpu", notify=said.append)
    assert said == ["no question that it is trained on has an answer: the reader will learn to give none"]


def test_weights_of_data_and_files_of_a_folder(tiny_recipe, tmp_path, make_squad):
    file = make_squad("train")
    recipe = tiny_recipe(train=[{"file": file.name, "weight": 2}], eval=[], max_steps=1)
    trained = train(recipe, output=tmp_path / "out", data=file.parent, device="cpu")
    assert (trained.record["windows"], trained.record["data"][0]["windows"]) == (36, 18)
    assert trained.metrics == {}


def test_a_finished_training_is_not_done_again(tiny_recipe, tmp_path):
    recipe, said = tiny_recipe(max_steps=1), []
    first = train(recipe, output=tmp_path / "out", device="cpu")
    weights = (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns
    again = train(recipe, output=tmp_path / "out", device="cpu", notify=said.append)
    assert (again.already, again.metrics) == (True, first.metrics)
    assert (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns == weights
    assert "holds this training, finished" in said[0]
    record = json.loads((tmp_path / "out" / "training.json").read_text())
    record["settings"]["warmup"] = record["settings"].pop("warmup_ratio")  # as an older version wrote it
    (tmp_path / "out" / "training.json").write_text(json.dumps(record))
    assert train(recipe, output=tmp_path / "out", device="cpu").already


@pytest.mark.parametrize(("dtype", "native"), [("bfloat16", False), ("bfloat16", True), ("float32", False)])
def test_a_dtype_that_the_processor_lacks_is_said(tiny_recipe, tmp_path, monkeypatch, dtype, native):
    monkeypatch.setattr("spanwise.train.training.has_bfloat16", lambda: native)
    said = []
    train(tiny_recipe(max_steps=1, dtype=dtype), output=tmp_path / "out", device="cpu", notify=said.append)
    assert any("float32 would be much faster" in one for one in said) == (dtype == "bfloat16" and not native)


def test_folders_that_hold_something_else(tiny_recipe, tmp_path):
    train(tiny_recipe(max_steps=1), output=tmp_path / "out", device="cpu")
    with pytest.raises(UsageError, match=r"found a finished one with another learning_rate: 0.001, not 0.01; name"):
        train(tiny_recipe(max_steps=1, learning_rate=1e-2), output=tmp_path / "out", device="cpu")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "model.safetensors").touch()
    with pytest.raises(UsageError, match=r"to be empty or not to exist, found model.safetensors; name another folder"):
        train(tiny_recipe(), output=tmp_path / "other", device="cpu")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"expected .*file to be empty or not to exist, found no folder"):
        train(tiny_recipe(), output=tmp_path / "file", device="cpu")


def test_an_unfinished_training_of_other_data_is_refused(tiny_recipe, tmp_path, make_squad):
    other = str(make_squad("train", shift=0, places=["Genoa"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spanwise.train.training.save_reader", Mock(side_effect=RuntimeError("stopped here")))
        with pytest.raises(RuntimeError, match="stopped here"):
            train(tiny_recipe(max_steps=1), output=tmp_path / "out", device="cpu")
    with pytest.raises(UsageError, match=r"found an unfinished one with another train: .*sha256"):
        train(tiny_recipe(max_steps=1, train=[other]), output=tmp_path / "out", device="cpu")


@pytest.mark.slow
def test_a_training_that_never_came_to_a_checkpoint_may_be_changed(tiny_recipe, tmp_path):
    with pytest.raises(ModelError, match="to freeze, found none"):
        train(tiny_recipe(freeze=["wrod"]), output=tmp_path / "out", device="cpu")
    assert (tmp_path / "out" / "unfinished.json").exists()
    trained = train(tiny_recipe(freeze=["word_embeddings"], max_steps=1), output=tmp_path / "out", device="cpu")
    assert trained.record["settings"]["freeze"] == ["word_embeddings"]


def test_a_data_set_of_the_hub(tiny_recipe, tmp_path, monkeypatch, make_squad):
    import datasets

    rows = [
        {
            "id": question.id,
            "title": "Towns",
            "context": question.context,
            "question": question.question,
            "answers": {
                "text": question.golds,
                "answer_start": [answer.start for answer in question.answers],
            },
        }
        for question in read_questions(make_squad("train")).questions
    ]
    asked = []

    def load_dataset(name, *, split):
        asked.append((name, split))
        return datasets.Dataset.from_list(rows)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    recipe = tiny_recipe(train=[{"hub": "some/squad"}], eval=[{"hub": "some/squad", "split": "validation"}])
    hub = train(recipe, output=tmp_path / "hub", device="cpu")
    assert asked == [("some/squad", "train"), ("some/squad", "validation")]
    assert hub.record["data"][0]["name"] == "some/squad:train"
    assert hub.metrics["squad"]["total"] == 12
    file = train(tiny_recipe(), output=tmp_path / "file", device="cpu")
    weights = [(trained.folder / "model.safetensors").read_bytes() for trained in (hub, file)]
    assert weights[0] == weights[1]
    rows[0]["answers"]["answer_start"] = [3]
    with pytest.raises(
        UsageError, match=r"at its offset in some/squad:train, found 1 answer elsewhere, the first '8443'"
    ):
        train(recipe, output=tmp_path / "moved", device="cpu")
    del rows[0]["answers"]
    with pytest.raises(UsageError, match=r"expected SQuAD's columns in the data set 'some/squad', found \['context'"):
        train(recipe, output=tmp_path / "columns", device="cpu")


def test_batches_are_shared_by_processes_and_a_device_is_one_of_its_kind(tiny_recipe, tmp_path, monkeypatch):
    recipe, shape = tiny_recipe(batch_size=12, gradient_accumulation=2), {"items": 12, "evaluated": True}
    assert training_arguments(recipe, tmp_path, "cpu", **shape).per_device_train_batch_size == 6
    with pytest.raises(UsageError, match=r"expected the device cuda to train on, found 'cuda:1'; .*VISIBLE_DEVICES=1"):
        training_arguments(recipe, tmp_path, "cuda:1", **shape)
    monkeypatch.setenv("WORLD_SIZE", "4")
    expected = r"that 4 processes times gradient_accumulation of 2 share evenly, found 12; choose a multiple of 8"
    with pytest.raises(UsageError, match=expected):
        training_arguments(recipe, tmp_path, "cpu", **shape)


def test_misplaced_answers_are_refused_or_dropped(tiny_recipe, tmp_path, make_squad):
    file = str(make_squad("moved", shift=1))
    expected = (
        r"expected every answer at its offset in .*moved.json, found 6 answers elsewhere, the first '8443' of 'moved-0'"
        r" where '443.' stands; see them with spanwise data check .*moved.json, or leave them out with --drop-misplaced"
    )
    with pytest.raises(UsageError, match=expected):
        train(tiny_recipe(train=[file]), output=tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()
    recipe = tiny_recipe(train=[file], drop_misplaced=True, max_steps=1)
    trained = train(recipe, output=tmp_path / "out", device="cpu")
    assert (trained.record["data"][0]["dropped"], trained.record["data"][0]["unanswerable"]) == (6, 6)


def test_a_loss_that_is_no_number_stops_it_and_says_where(tiny_recipe, tmp_path, bert_reader):
    folder = tmp_path / "broken"
    shutil.copytree(bert_reader, folder)
    weights = load_file(folder / "model.safetensors")
    weights["qa_outputs.bias"][0] = math.nan
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    expected = (
        r"expected a finite loss, found nan at step 1 with a learning rate of 0, in a batch of questions train-\d.*; "
        r"there is no checkpoint yet; lower the learning rate"
    )
    with pytest.raises(ModelError, match=expected):
        train(tiny_recipe(model=str(folder), eval=[]), output=tmp_path / "out", device="cpu")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in {"default", "electra-base-squad1"} else pytest.mark.slow)
        for name in packaged_recipes()
        if load_recipe(name).distill is None
    ],
)
def test_packaged_recipes_run_on_a_tiny_model(name, tmp_path, make_squad, bert_reader, electra_reader):
    model = electra_reader if "electra" in name else bert_reader
    files = [str(make_squad("train", unanswerable="squad1" not in name))]
    sizes = {"max_seq_length": 48, "stride": 8, "max_query_length": 16, "max_steps": 2}
    recipe = load_recipe(name, model=str(model), train=files, eval=files, **sizes)
    trained = train(recipe, output=tmp_path / "out", device="cpu")
    assert trained.record["settings"]["learning_rate"] == load_recipe(name).learning_rate
    assert trained.record["null_answer"] == ("squad1" not in name)
    assert trained.metrics["train"]["total"] == (6 if "squad1" in name else 12)
