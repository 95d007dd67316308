"""What docs/training/distillation.md says is so."""

import re
from pathlib import Path

import yaml
from typer.main import get_command

from spanwise.cli.main import app
from spanwise.train import load_recipe
from spanwise.train.distillation.teacher import SHARD
from spanwise.train.recipe_file import make_recipe

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "training" / "distillation.md").read_text(encoding="utf-8")


def test_the_commands_have_options_that_exist():
    command = get_command(app).commands["distill"]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    told = set(re.findall(r"(?<=[\s`])--[a-z][a-z-]+", PAGE))
    assert {"--student", "--teacher", "--intermediate", "--no-intermediate", "--cache"} <= told
    assert told <= known


def test_the_table_is_that_of_the_recipes():
    rows = re.findall(r"^\| `([\w-]+)` \| (\S+) \| (\S+) \| (\S+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 2
    for name, student, layers, logits in rows:
        recipe = load_recipe(name)
        stage = recipe.distill.intermediate
        assert (recipe.model, recipe.distill.teacher) == (student, (logits,))
        assert layers == ("none" if stage is None else stage.teacher)


def test_the_section_of_a_recipe_can_be_read():
    text = re.search(r"^    distill:\n(?:      .*\n)+", PAGE, re.MULTILINE)[0]
    values = yaml.safe_load(re.sub(r"(?m)  +(?:or a list|all its keys|unless given|keys of the).*$", "", text))
    recipe = make_recipe({"model": "small", "train": ["a.json"], **values})
    assert recipe.distill.intermediate.attentions
    assert recipe.distill.intermediate.changes["epochs"] == 10


def test_numbers_of_the_page():
    assert f"at most {SHARD:,} windows" in PAGE


def test_the_example_of_the_page_runs(monkeypatch, tmp_path, capsys, bert_reader):
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    sizes = "max_steps=1, max_seq_length=128, stride=16, max_query_length=32, evaluate_limit=1"
    example = example.replace("max_steps=1", sizes)
    for packaged in ('"sentence-transformers/all-MiniLM-L6-v2"', '"default", output'):
        assert packaged in example
        example = example.replace(packaged, packaged.replace(re.match(r'"[^"]*"', packaged)[0], repr(str(bert_reader))))
    exec(example, {})
    assert 0 <= float(capsys.readouterr().out) <= 100
