"""What the pages of docs/ say is so."""

import re
import sqlite3
from pathlib import Path

import pytest

from spanwise.index.catalogue import CATALOGUE
from spanwise.index.migrations import APPLICATION_ID, FORMAT_VERSION

PAGE = (Path(__file__).parents[1] / "docs" / "index-format.md").read_text(encoding="utf-8")


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
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'lexicon!_%' ESCAPE '!' "
            "AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        )
    ]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    for table in tables:
        columns = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")} - {"checksum"}
        if table != "lexicon":
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


@pytest.mark.parametrize(
    "link", sorted(set(re.findall(r"\]\(([\w./-]+)\)", PAGE)) | {"src/spanwise/index/checksums.py"})
)
def test_what_the_page_points_at_exists(link):
    assert (Path(__file__).parents[1] / link).exists()
