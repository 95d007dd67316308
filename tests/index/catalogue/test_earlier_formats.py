"""Indexes of earlier formats, as their programs left them, are read as they are and brought up to date by a write."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from crash import die_at
from spanwise.index import FaissDocumentStore, Index
from spanwise.index.catalogue import connections
from spanwise.index.catalogue.connections import CATALOGUE
from spanwise.index.catalogue.migrations import FORMAT_VERSION, MIGRATIONS
from whole import leftovers_of, problems_of, state_of

DATA = Path(__file__).parents[1] / "data"
KINDS = ["files", "store"]
LATER = [migration.__name__ for migration in MIGRATIONS[3:]]
POINTS = [*LATER, "before format", "after format"]


@pytest.fixture
def copy(tmp_path):
    def act(kind):
        return Path(shutil.copytree(DATA / "format3" / kind, tmp_path / kind))

    return act


def format_of(folder):
    with closing(sqlite3.connect(f"{(folder / CATALOGUE).as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def bytes_of(folder):
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def spanwise(*arguments):
    command = [sys.executable, "-m", "spanwise", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)


def open_for_writing(folder):
    Index.open(folder, writable=True).close()


def test_the_kept_indexes_are_of_an_earlier_format(copy):
    assert [format_of(copy(kind)) for kind in KINDS] == [3, 3]
    assert FORMAT_VERSION > 3
    assert LATER


def test_a_question_is_answered_from_a_folder_that_cannot_be_written(copy):
    folder = copy("files")
    before = bytes_of(folder)
    for path in (*folder.rglob("*"), folder):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        result = spanwise("ask", "Which port does the backup server use?", "--index", folder, "--json")
        assert result["answers"][0]["answer"] in {"9022", "port 9022"}
        assert result["answers"][0]["file"] == "ports.txt"
        status = spanwise("status", "--index", folder, "--json")
        assert (status["format_version"], status["files"], status["passages"], status["old"]) == (3, 5, 5, 5)
        assert bytes_of(folder) == before
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)


@pytest.mark.parametrize("kind", KINDS)
def test_reading_and_examining_write_nothing_where_nothing_can_be_written(copy, kind, monkeypatch):
    folder = copy(kind)
    expected = state_of(folder)
    before = bytes_of(folder)
    monkeypatch.setattr(connections.os, "access", lambda path, mode: mode != os.W_OK)
    assert state_of(folder) == expected
    with Index.open(folder) as index:
        assert index.examine().findings == ()
        assert index.lexical("pump ferry", 3)[0].passage if kind == "files" else index.count() == 3
    assert bytes_of(folder) == before


def test_a_store_is_read(copy):
    store = FaissDocumentStore(copy("store"))
    documents = {document.id: document for document in store.filter_documents()}
    assert sorted(documents) == ["bare", "boiler", "pump"]
    assert documents["pump"].content == "The pump runs at 60 Hz."
    assert [hit.id for hit in store.embedding_retrieval([0.0, 0.6, 0.8, 0.0], top_k=1)] == ["pump"]
    assert [hit.id for hit in store.lexical_retrieval("serviced boiler")] == ["boiler"]
    newer = {"field": "meta.year", "operator": ">", "value": 2022}
    assert [hit.id for hit in store.filter_documents(newer)] == ["pump"]
    store.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_while_it_is_brought_up_to_date_loses_nothing(copy, kind, point):
    folder = copy(kind)
    before = state_of(folder)
    die_at(point, lambda: open_for_writing(folder))
    assert format_of(folder) == (FORMAT_VERSION if point == "after format" else 3)
    assert state_of(folder) == before
    open_for_writing(folder)
    assert format_of(folder) == FORMAT_VERSION
    assert state_of(folder) == before
    assert problems_of(folder) == []
    assert leftovers_of(folder) == set()


def test_a_reader_goes_on_while_another_process_brings_it_up_to_date(copy):
    folder = copy("files")
    with Index.open(folder) as reader, reader.reading() as older:
        words = reader.lexical("lighthouse keeper", 5)
        assert words
        pid = os.fork()
        if pid == 0:
            open_for_writing(folder)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert format_of(folder) == FORMAT_VERSION
        assert older.execute("SELECT count(*) FROM documents_fts WHERE documents_fts MATCH 'keeper'").fetchone() == (1,)
        assert reader.lexical("lighthouse keeper", 5) == words


def test_the_next_sync_goes_on_where_the_earlier_program_stopped(copy, tmp_path):
    folder = copy("files")
    papers = Path(shutil.copytree(DATA / "papers", tmp_path / "papers"))
    (papers / "ferry.txt").write_text("The ferry leaves at noon.\n", encoding="utf-8")
    report = spanwise("index", papers, "--index", folder, "--root-moved", "--json")
    assert (report["changed"], report["added"], report["removed"]) == (["ferry.txt"], [], [])
    assert report["reconverted"] == sorted({file.name for file in papers.iterdir()} - {"ferry.txt"})
    assert format_of(folder) == FORMAT_VERSION
    assert problems_of(folder) == []
    with Index.open(folder) as index:
        assert index.source("ferry.txt").text == "The ferry leaves at noon.\n"
        assert len(index.files()) == 5


def test_format_5_has_the_tables_of_format_6_and_is_read_as_it_is(index, make_change):
    index.apply(make_change({"a.txt": ["zebra one", "zebra two"]}))
    index.close()
    with closing(sqlite3.connect(index.path / CATALOGUE)) as connection:
        connection.execute("PRAGMA user_version = 5")
    before = state_of(index.path)
    assert len(before["documents"]) == 2
    assert format_of(index.path) == 5
    with Index.open(index.path, writable=True) as writer:
        assert writer.verify() == []
    assert format_of(index.path) == FORMAT_VERSION
    assert state_of(index.path) == before
