"""An index is a folder like any other: it can be moved, copied, packed and unpacked, and read from a read-only disk."""

import os
import shutil
import sqlite3
import zipfile

import pytest

from older import record_root
from spanwise.index import FaissDocumentStore, Index
from spanwise.index.catalogue import connections


@pytest.fixture
def before(filled, everything_of):
    with Index.open(filled) as index:
        return everything_of(index)


def moved(folder, other):
    folder.rename(other)


def copied(folder, other):
    shutil.copytree(folder, other)


def zipped(folder, other):
    archive = shutil.make_archive(str(other), "zip", folder)
    with zipfile.ZipFile(archive) as file:
        file.extractall(other)


def copied_files_only(folder, other):
    """As some tools do that know no empty folders and drop what is not data."""
    for file in folder.rglob("*"):
        if file.is_file() and file.name != "lock":
            (other / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, other / file.relative_to(folder))


@pytest.mark.parametrize("way", [moved, copied, zipped, copied_files_only])
def test_an_index_at_another_place_is_the_same(filled, before, everything_of, make_change, tmp_path, way):
    other = tmp_path / "other place" / "an index"
    other.parent.mkdir()
    way(filled, other)
    with Index.open(other) as index:
        assert everything_of(index) == before
        assert index.verify() == []
    with Index.open(other, writable=True) as index:
        index.apply(make_change({"new.txt": ["zebra"]}))
        assert index.verify() == []


@pytest.mark.parametrize("way", [copied, zipped, copied_files_only])
def test_an_empty_index_at_another_place_can_be_filled(tmp_path, embedder, make_change, way):
    Index.create(tmp_path / "empty", embedder=embedder).close()
    way(tmp_path / "empty", tmp_path / "other")
    with Index.open(tmp_path / "other", check=False) as index:
        assert index.verify() == []
    with Index.open(tmp_path / "other", writable=True) as index:
        index.apply(make_change({"new.txt": ["zebra"]}))
        assert index.verify() == []


def test_an_index_is_copied_while_it_is_open(filled, before, everything_of, tmp_path):
    with Index.open(filled, writable=True) as index:
        record_root(index, "/documents")
        copied(filled, tmp_path / "other")
    with Index.open(tmp_path / "other") as index:
        assert everything_of(index) == before
        assert index.verify() == []


def test_a_read_only_folder_is_examined(filled, monkeypatch):
    names = {file.name for file in filled.iterdir()}
    monkeypatch.setattr(connections.os, "access", lambda path, mode: mode != os.W_OK)
    with Index.open(filled, check=False) as index:
        assert index.examine().findings == ()
        assert {file.name for file in filled.iterdir()} == names  # no log beside the catalogue
    connection = sqlite3.connect(filled / connections.CATALOGUE)
    connection.execute("UPDATE documents_fts_data SET block = zeroblob(length(block)) WHERE id > 100")
    connection.commit()
    connection.close()
    with Index.open(filled, check=False) as index:
        assert [finding.part for finding in index.examine().findings] == ["words"]


def test_examining_writes_nothing(filled):
    def state():
        return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in filled.rglob("*") if file.is_file()}

    os.remove(next((filled / "vectors").glob("*.f32")))
    before = state()
    with Index.open(filled, check=False) as index:
        assert index.examine().damage
    store = FaissDocumentStore(filled)
    assert store.verify()
    assert state() == before
