"""What the pages say is so."""

import ast
import importlib
import re
import shlex
import sqlite3
from pathlib import Path

import pytest
from typer.main import get_command

from spanwise.cli.main import app
from spanwise.index.catalogue.connections import CATALOGUE
from spanwise.index.catalogue.migrations import APPLICATION_ID, FORMAT_VERSION

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "internals" / "index-format.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FOLDERS = "src|tests|docs|benchmarks|pipelines|data|notebooks"


def test_the_page_is_of_this_format():
    assert f"Format {FORMAT_VERSION}." in PAGE
    assert f"0x{APPLICATION_ID:X}" in PAGE
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == list(
        range(1, FORMAT_VERSION + 1)
    )


def test_the_page_names_every_table_and_column(sample_index):
    connection = sqlite3.connect(sample_index / CATALOGUE)
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'documents_fts!_%' ESCAPE '!' "
            "AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        )
    ]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    for table in tables:
        columns = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")} - {"checksum"}
        if table != "documents_fts":
            assert columns <= set(re.findall(r"`(\w+)`", rows[table])), table
    connection.close()
    assert set(tables) <= set(rows)


def test_the_page_names_every_setting(sample_index):
    connection = sqlite3.connect(sample_index / CATALOGUE)
    keys = {key for (key,) in connection.execute("SELECT key FROM manifest")}
    connection.close()
    assert keys <= set(re.findall(r"`(\w+)`", PAGE))


def test_the_example_of_the_page_reads_an_index(sample_index, monkeypatch, capsys, tmp_path):
    (tmp_path / "my.index").symlink_to(sample_index)
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], {})
    assert re.fullmatch(r"\w+-\w+\.f32 \((\d+), 384\) of which live: \1\n", capsys.readouterr().out)


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request):
    return request.param


def test_files_that_a_page_names_exist(page):
    text = page.read_text(encoding="utf-8")
    named = [ROOT / name for name in re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", text)]
    linked = [page.parent / name for name in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text)]
    assert [place for place in named + linked if not place.exists()] == []


def test_commands_that_a_page_names_exist(page):
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^\$ )make ([a-z-]+)", text, re.MULTILINE)) <= targets
    commands = set(get_command(app).commands)
    assert set(re.findall(r"(?:`|^\$ )spanwise ([a-z]+)", text, re.MULTILINE)) <= commands


def test_options_that_a_page_shows_exist(page):
    group = get_command(app)
    for line in re.findall(r"^\$ (?:.*\| )?spanwise (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        words = shlex.split(line, comments=True)
        command = group
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert given <= known | {"--help"}, line


def test_python_that_a_page_shows_is_python(page):
    for example in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        tree = ast.parse(example)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("spanwise"):
                if node.module.startswith("spanwise.scale"):
                    pytest.importorskip("ray")
                module = importlib.import_module(node.module)
                assert all(hasattr(module, name.name) for name in node.names), node.module


def test_the_map_names_every_package():
    source = ROOT / "src" / "spanwise"
    packages = {file.parent.name for file in source.glob("*/__init__.py")}
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == packages
