import json

import pytest

from spanwise.train import Distillation, distill, load_recipe

SIZES = {"max_seq_length": 64, "stride": 8, "max_query_length": 16, "max_steps": 2, "batch_size": 4}


@pytest.mark.parametrize(
    "name", ["roberta-base-squad2-distilled", pytest.param("tinyroberta-squad2", marks=pytest.mark.slow)]
)
def test_packaged_recipes_run_on_tiny_models(name, tmp_path, make_squad, student, teacher):
    """Each from end to end, with all that the recipe says but models, data and sizes."""
    files, own = [str(make_squad("train"))], load_recipe(name)
    stage = None if own.distill.intermediate is None else {"teacher": str(teacher)}
    values = {"temperature": own.distill.temperature, "intermediate": stage}
    values["distillation_loss_weight"] = own.distill.distillation_loss_weight
    recipe = load_recipe(
        name, model=str(student), train=files, eval=files, distill={"teacher": str(teacher), **values}, **SIZES
    )
    trained = distill(recipe, output=tmp_path / "out", device="cpu")
    settings = trained.record["settings"]
    assert (settings["learning_rate"], settings["warmup_ratio"], settings["epochs"]) == (3e-5, 0.2, 4)
    assert settings["head_dropout"] == own.head_dropout
    assert settings["distill"]["temperature"] == 1.5
    assert settings["distill"]["distillation_loss_weight"] == 0.75
    assert trained.metrics["train"]["total"] == 12
    assert (tmp_path / "out" / "intermediate" / "model.safetensors").exists() == (name == "tinyroberta-squad2")


def test_recipe_files_are_read_as_written(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "model: small\ntrain: [a.json]\n"
        "distill:\n  teacher: [large, larger]\n  temperature: 2\n"
        "  intermediate: {attentions: false, changes: {epochs: 10}}\n"
    )
    found = load_recipe(file).distill
    assert isinstance(found, Distillation)
    assert (found.teacher, found.temperature, found.distillation_loss_weight) == (("large", "larger"), 2.0, 0.75)
    assert (found.intermediate.attentions, found.intermediate.changes) == (False, {"epochs": 10})
    assert json.loads(json.dumps(load_recipe(file).settings())) == load_recipe(file).settings()
