"""What is kept of a file's conversion: the structure of its text, and the versions that made it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from spanwise.index import Change, Index
from spanwise.index.catalogue.connections import CATALOGUE
from spanwise.index.records import Versions
from spanwise.types import Part, SourceText

FORMAT3 = Path(__file__).parents[1] / "data" / "format3" / "files"
SHEET = SourceText(
    "prices.xlsx",
    "Prices\nArticle: A-1003; Price: 149\n",
    "1" * 64,
    parts=(Part(0, 35, "sheet", "Prices \ud800"), Part(7, 34, "row", "12")),
    has_lines=False,
)
PAGED = SourceText("a.pdf", "one\ftwo", "2" * 64, "A title", (0, 4), ("i", "ii"), has_lines=False)
PLAIN = SourceText("a.txt", "plain", "3" * 64)


@pytest.fixture
def kept(index):
    sources = [(source, 1, 1) for source in (SHEET, PAGED, PLAIN)]
    index.apply(Change(sources=sources, versions=Versions(3, 2)))
    index.close()
    return index.path


def test_a_text_comes_back_with_its_structure_and_versions(kept):
    with Index.open(kept) as index:
        assert [index.source(source.file) for source in (SHEET, PAGED, PLAIN)] == [SHEET, PAGED, PLAIN]
        assert {record.versions for record in index.files().values()} == {Versions(3, 2)}
        assert index.verify() == []


def test_what_an_earlier_format_holds_is_of_no_version_and_without_structure(tmp_path):
    folder = Path(shutil.copytree(FORMAT3, tmp_path / "old"))
    for writable in (False, True):
        with Index.open(folder, writable=writable) as index:
            assert {record.versions for record in index.files().values()} == {Versions(0, 0)}
            source = index.source("ports.txt")
            assert (source.parts, source.page_labels, source.line_at(0)) == ((), None, 1)


def test_a_damaged_structure_is_named_and_the_file_marked_to_be_converted_again(kept):
    with closing(sqlite3.connect(kept / CATALOGUE)) as connection, connection:
        connection.execute("UPDATE conversions SET structure = zeroblob(9) WHERE file_id = 1")
    with Index.open(kept, writable=True) as index:
        assert index.verify() == ["structure of prices.xlsx: its entry is not as it was written"]
        repair = index.repair(lambda texts: np.zeros((len(texts), 8), dtype=np.float32))
        assert repair.lost == ("the structure of the text of 1 file, until the folder is indexed again",)
        assert repair.left.findings == ()
        assert index.files()["prices.xlsx"].versions == Versions()
        assert index.files()["a.pdf"].versions == Versions(3, 2)
        assert index.source("prices.xlsx").text == SHEET.text
