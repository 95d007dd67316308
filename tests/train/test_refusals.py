"""Trainings that are refused, and with what words."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from spanwise.errors import ModelError, UsageError
from spanwise.train import training_job
from spanwise.train.training import train


class Harm:
    """What runs when a pickle of it is read as Python would."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_pickled_weights_are_read_as_tensors_and_never_run(tiny_recipe, tmp_path, bert_reader):
    folder = tmp_path / "pickled"
    shutil.copytree(bert_reader, folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    train(tiny_recipe(model=str(folder), max_steps=1), output=tmp_path / "one", device="cpu")
    train(tiny_recipe(max_steps=1), output=tmp_path / "two", device="cpu")
    made = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two")]
    assert made[0] == made[1]
    torch.save({**weights, "harm": Harm(tmp_path / "trace")}, folder / "pytorch_model.bin")
    with pytest.raises(
        ModelError, match=r"expected a model to train named '.*pickled', found none \(.*\); name a folder"
    ):
        train(tiny_recipe(model=str(folder), max_steps=1), output=tmp_path / "three", device="cpu")
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("content", [b"", b"cut short"])
def test_damaged_weights(tiny_recipe, tmp_path, bert_reader, content):
    folder = tmp_path / "damaged"
    shutil.copytree(bert_reader, folder)
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match=r"expected a model to train named '.*damaged', found none"):
        train(tiny_recipe(model=str(folder)), output=tmp_path / "out", device="cpu")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"model": "/no/such/folder"},
            ModelError,
            r"expected a model to train named '/no/such/folder', found none \(.*\); name a folder or .* with --model$",
        ),
        ({"max_seq_length": 400}, ModelError, r"expected a max_seq_length of at most 128, which is what .* found 400"),
        ({"freeze": ["wrod"]}, ModelError, r"expected parameters with 'wrod' in their name to freeze, found none"),
        ({"train": ["none.json"]}, UsageError, r"expected a file of questions at none.json"),
        ({"dtype": "float16"}, UsageError, r"expected a CUDA device for dtype float16, found 'cpu'; choose float32"),
        (
            {"distill": {"teacher": "a"}},
            UsageError,
            r"expected a recipe without a teacher .*; run it with spanwise dist",
        ),
        (
            {"train": [{"hub": "no/such"}]},
            UsageError,
            r"expected the data set 'no/such', split 'train', of the hub, found",
        ),
    ],
)
def test_what_cannot_be_trained(tiny_recipe, tmp_path, changes, error, message):
    with pytest.raises(error, match=message) as caught:
        train(tiny_recipe(**changes), output=tmp_path / "out", device="cpu")
    assert "\n" not in str(caught.value)


def test_two_evaluation_files_of_one_name(tiny_recipe, tmp_path, make_squad):
    files = [str(make_squad("same")), str(make_squad("same"))]
    with pytest.raises(UsageError, match=r"expected evaluation files of different names, found 'same' twice"):
        train(tiny_recipe(eval=files), output=tmp_path / "out", device="cpu")


def test_an_evaluation_question_too_long_is_named_before_anything_is_trained(tiny_recipe, tmp_path):
    file = tmp_path / "long.json"
    qas = [{"id": "q", "question": "Which port? " * 40, "answers": []}]
    file.write_text(json.dumps({"data": [{"paragraphs": [{"context": "The server.", "qas": qas}]}]}))
    seen = []
    with pytest.raises(UsageError, match=r"expected a question of at most 36 tokens, found 120"):
        train(tiny_recipe(eval=[str(file)]), output=tmp_path / "out", device="cpu", progress=seen.append)
    assert {state.what for state in seen} == {"preparing"}


def test_lines_of_questions_have_no_contexts_to_train_on(tiny_recipe, tmp_path):
    file = tmp_path / "lines.jsonl"
    file.write_text('{"question": "Which port?", "answers": ["5310"]}\n')
    with pytest.raises(UsageError, match=r"expected questions with contexts in .*lines.jsonl, .* found '1' with none"):
        train(tiny_recipe(train=[str(file)]), output=tmp_path / "out", device="cpu")


def test_what_is_missing_is_named_with_its_extra(tiny_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(training_job, "find_spec", lambda _: None)
    with pytest.raises(
        ModelError, match=r"expected the package accelerate, found none; pip install 'spanwise\[train\]'"
    ):
        train(tiny_recipe(), output=tmp_path / "out")
