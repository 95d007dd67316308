"""A distillation that is killed, in either stage, and goes on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "support" / "killed_training.py"
# With half a checkpoint of the first stage written, and after an update of the second.
POINTS = ["within save_pretrained:2", "before on_step_end:6"]


@pytest.mark.slow
def test_a_killed_distillation_comes_to_the_same_weights(distill_recipe, tmp_path, make_roberta):
    student = str(make_roberta("narrow", layers=2, width=16))
    recipe = distill_recipe(model=student, distill={"intermediate": {}}, dropout=0.2, max_steps=3, checkpoint_every=1)
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.settings()))
    command = [sys.executable, SCRIPT, tmp_path / "recipe.json", tmp_path, "0", *POINTS]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    whole, *killed = [json.loads(line) for line in ran.stdout.splitlines()]
    assert (whole["ended"], whole["steps"]) == ("exit 0", 3)
    assert whole["left"] == [
        "README.md",
        "config.json",
        "intermediate",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    ]
    assert [line["point"] for line in killed] == POINTS
    for line in killed:
        assert (line["ended"], line["again"]) == ("SIGKILL", "exit 0"), line["point"]
        for same in ("weights", "history", "left"):
            assert line[same] == whole[same], (line["point"], same)
