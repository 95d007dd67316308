"""What each run of a sweep trains on."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def sweep():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("sweep_readers")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def data(tmp_path, sweep):
    for entry in sweep.load_recipe("default").train + sweep.load_recipe(sweep.SECOND).train:
        file = tmp_path / entry.name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    return tmp_path


def made_in(changes):
    return {
        entry.name.removesuffix(".json.gz").rpartition(".")[2] for entry in changes["train"] if "." in entry.name[:-8]
    }


def test_each_kind_of_made_question_has_a_run_of_its_own(sweep, data):
    assert made_in(sweep.recipe_of("plain", data, {})) == set()
    for end in ("mined", "cropped", "without"):
        assert made_in(sweep.recipe_of(end, data, {})) == {end}
    assert len(sweep.recipe_of("mined", data, {})["train"]) == len(sweep.load_recipe("default").train)


def test_every_run_is_a_recipe_that_differs(sweep, data):
    recipes = [sweep.load_recipe("default", **sweep.recipe_of(name, data, {"max_steps": 3})) for name in sweep.RUNS]
    assert all(recipe.max_steps == 3 for recipe in recipes)
    assert len({repr(recipe) for recipe in recipes}) == len(sweep.RUNS)


def test_data_that_is_not_there_is_named(sweep, data, capsys):
    (data / "train/timeqa.json.gz").unlink()
    changes = sweep.recipe_of("plain", data, {})
    assert "train/timeqa.json.gz" not in [entry.name for entry in changes["train"]]
    assert "plain: without train/timeqa.json.gz, not in" in capsys.readouterr().err
