"""What docs/training/training.md says is so."""

import json
import re
from pathlib import Path

import pytest

from spanwise.train.recipe import Recipe

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "training" / "training.md").read_text(encoding="utf-8")


def test_every_key_of_a_recipe_has_a_row_with_its_default():
    rows = re.findall(r"^\| (`.*?`) \| .* \| (.*) \|$", PAGE, re.MULTILINE)
    told = {}
    for names, default in rows:
        keys = re.findall(r"`(\w+)`", names)
        values = default.split(", ") if len(keys) > 1 else [default]
        told |= dict(zip(keys, values if len(values) == len(keys) else values * len(keys), strict=True))
    fields = Recipe.model_fields
    assert set(fields) <= set(told)
    for name, field in fields.items():
        if type(field.default) in {int, float, bool, str} and name != "description":
            assert told[name].strip("`") == json.dumps(field.default).strip('"').replace("-05", "-5").removesuffix(
                ".0"
            ), name


def test_the_commands_have_options_that_exist(spanwise_help):
    for option in set(re.findall(r"(?<=\s)--[a-z-]+", "\n".join(re.findall(r"spanwise train .*", PAGE)))):
        assert option in spanwise_help


@pytest.fixture
def spanwise_help():
    from typer.main import get_command

    from spanwise.cli.main import app

    command = get_command(app).commands["train"]
    return {option for parameter in command.params for option in parameter.opts}


def test_the_example_of_the_page_runs(monkeypatch, tmp_path, capsys, bert_reader):
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    sizes = "max_steps=1, max_seq_length=128, stride=16, max_query_length=32, evaluate_limit=1"
    example = example.replace('model="default"', f"model={str(bert_reader)!r}").replace("max_steps=1", sizes)
    exec(example, {})
    assert 0 <= float(capsys.readouterr().out) <= 100
