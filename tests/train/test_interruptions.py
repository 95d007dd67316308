"""A training that is killed, or finds the disk full, and goes on."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from spanwise.errors import UsageError
from spanwise.train.loop.checkpoints import CheckpointError, CheckpointFolder
from spanwise.train.training import train

SCRIPT = Path(__file__).parents[1] / "support" / "killed_training.py"
# After an update, so that it goes on where an epoch begins, and within the second; with half the weights or half the
# optimizer's state written; and while the finished model is put in its place.
POINTS = [
    "before on_step_end:6",
    "before on_step_end:8",
    "within save_pretrained:3",
    "within save:4",
    "before replace:3",
]


def run_script(recipe, folder, *points):
    (folder / "recipe.json").write_text(json.dumps(recipe.settings()))
    command = [sys.executable, SCRIPT, folder / "recipe.json", folder, *points]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.slow
def test_a_killed_training_comes_to_the_same_weights(tiny_recipe, tmp_path):
    recipe = tiny_recipe(dropout=0.2, epochs=2, checkpoint_every=2, group_by_length=False)
    whole, *killed = run_script(recipe, tmp_path, "0", *POINTS)
    assert whole["ended"] == "exit 0"
    assert whole["steps"] == 10
    assert [line["point"] for line in killed] == POINTS
    for line in killed:
        assert (line["ended"], line["again"]) == ("SIGKILL", "exit 0"), line["point"]
        assert line["passed"] == whole["passed"][: len(line["passed"])]
        for same in ("weights", "history", "left"):
            assert line[same] == whole[same], (line["point"], same)


@pytest.mark.slow
def test_two_processes_train_one_model(tiny_recipe, tmp_path):
    recipe = tiny_recipe(dropout=0.0, epochs=1, group_by_length=False)
    alone = train(recipe, output=tmp_path / "alone", device="cpu")
    (together,) = run_script(recipe, tmp_path, "together")
    assert together["ended"] == [0, 0]
    # the processes plot the loss; here that is left out
    assert together["left"] == sorted(entry.name for entry in (tmp_path / "alone").iterdir())
    assert together["steps"] == alone.record["steps"] == 5
    # Each takes half of every batch; the mean of their means is that of the batch, but for the last, smaller one.
    losses = [
        [entry["loss"] for entry in history if "loss" in entry]
        for history in (alone.record["history"], together["history"])
    ]
    assert losses[1][:4] == pytest.approx(losses[0][:4], rel=1e-3)


def test_a_folder_takes_one_training_at_a_time(tiny_recipe, tmp_path):
    recipe, folder, refusals = tiny_recipe(), tmp_path / "reader", []

    def start_another(state):
        if state.step and not refusals:
            with pytest.raises(UsageError, match=r"no other training in .*reader, found one that runs") as found:
                train(recipe, output=folder, device="cpu")
            refusals.append(found.value)

    trained = train(recipe, output=folder, device="cpu", progress=start_another)
    assert refusals
    assert trained.record["steps"] == 10
    assert not (folder / "training.lock").exists()


@pytest.mark.parametrize("room", [0.5, pytest.param(1.5, marks=pytest.mark.slow)])
def test_a_full_disk_leaves_the_last_whole_checkpoint(tiny_recipe, tmp_path, monkeypatch, room, bert_reader):
    recipe = tiny_recipe()
    whole = train(recipe, output=tmp_path / "whole", device="cpu")
    limit = int((bert_reader / "model.safetensors").stat().st_size * room)  # the optimizer's state has twice that size
    commit, before = CheckpointFolder.commit, resource.getrlimit(resource.RLIMIT_FSIZE)

    def commit_and_fill_up(self, step):
        commit(self, step)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))

    try:
        with monkeypatch.context() as patch:
            patch.setattr(CheckpointFolder, "commit", commit_and_fill_up)
            with pytest.raises(CheckpointError, match=r"the last whole one is of step 2; make room and run the same"):
                train(recipe, output=tmp_path / "full", device="cpu")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    left = CheckpointFolder(tmp_path / "full")
    assert left.steps() == [2]
    assert not left.stage.exists()
    said, reported = [], []
    train(recipe, output=tmp_path / "full", device="cpu", notify=said.append, progress=reported.append)
    assert any("after step 2 of 10" in line for line in said)
    first = next(state for state in reported if state.what == "training")
    assert first.step == 3
    assert first.loss == pytest.approx(whole.record["history"][1]["loss"])
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "full")]
    assert weights[0] == weights[1]
    assert whole.record["history"] == json.loads((tmp_path / "full" / "training.json").read_text())["history"]
