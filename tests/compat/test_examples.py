"""The examples of docs/readers.md run, with a tiny model in the place of the hub's."""

import re
from pathlib import Path

import pytest

from tiny_models import make_model

READERS = (Path(__file__).parents[2] / "docs" / "readers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("section", "architecture"), [("A reader alone", "roberta"), ("Where pipeline", "electra")])
def test_examples_run(section, architecture, tmp_path, capsys):
    text = READERS.partition(f"\n## {section}")[2].partition("\n## ")[0]
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (name,) = set(re.findall(r'"(deepset/[^"]+)"', example))
    folder = make_model(tmp_path / architecture, architecture)
    small = {"ExtractiveReader(": "ExtractiveReader(max_seq_length=64, stride=16, ", name: str(folder)}
    for old, new in small.items():
        example = example.replace(old, new)
    exec(example, {})
    assert len(capsys.readouterr().out.split()) >= 3
