"""docs/training/data.md says what is so."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from spanwise.cli.main import app
from spanwise.train.data.checking import KINDS, NEAR

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "training" / "data.md").read_text(encoding="utf-8")


def test_every_finding_is_named():
    assert set(KINDS) <= set(re.findall(r"`(\w+)`", PAGE))


def test_its_numbers_are_those_of_the_code():
    assert f"at least {NEAR:.0%} (`--near {NEAR}`)" in PAGE


def test_its_commands_run(tmp_path, monkeypatch):
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^ {4}spanwise (data .*)$", PAGE, re.MULTILINE)
    assert [command.split()[1] for command in commands] == ["check", "mine"]
    for command in commands:
        ran = CliRunner().invoke(app, shlex.split(command))
        assert ran.exit_code == 0, (command, ran.output, ran.exception)
    assert {file.name for file in tmp_path.glob("*.json")} == {"mined.json"}
