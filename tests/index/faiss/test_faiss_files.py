"""FAISS files are durable parts of a commit: whole or not there, and never in the way of the documents."""

import os

import numpy as np
import pytest

from crash import die_at, watched
from older import to_first_format
from spanwise.errors import IndexStateError
from spanwise.index import Index
from spanwise.index.records import Change

POINTS = [f"faiss {what}" for what in ("opened", "written", "synced", "renamed", "folder synced")]
ENDS = ["before commit", "after commit", "file removed", "old vectors removed"]


@pytest.fixture
def folder(index, make_change, small_faiss_indexes):
    index.set_type("hnsw")
    index.apply(make_change({"a.txt": [f"zebra {i}" for i in range(80)]}))
    index.close()
    return index.path


@pytest.fixture
def apply(folder, make_change):
    change = make_change({"b.txt": [f"port {i}" for i in range(70)]}, seed=1)

    def act():
        with Index.open(folder, writable=True) as index:
            index.apply(change)

    return act


def named(index):
    with index.reading() as connection:
        query = "SELECT name FROM segments UNION SELECT name FROM faiss_indexes"
        return {name for (name,) in connection.execute(query)}


def present(folder):
    return {file.name for file in (folder / "vectors").iterdir()}


def test_a_commit_with_a_structure_passes_these_points(apply, folder):
    passed = []
    with watched(passed.append):
        apply()
    at = passed.index("segments written")
    assert list(dict.fromkeys(passed[at + 1 :])) == POINTS + ENDS
    assert sorted(name.rsplit(".", 1)[-1] for name in present(folder)) == ["f32", "faiss"]


@pytest.mark.parametrize("point", POINTS + ENDS)
def test_a_kill_while_a_structure_is_written_leaves_the_state_before_or_after(apply, folder, state_of, point):
    with Index.open(folder) as index:
        before = state_of(index)
    die_at(point, apply)
    with Index.open(folder) as index:
        assert (state_of(index) == before) is (point not in ENDS[1:])
        assert index.verify() == []
    apply()
    with Index.open(folder) as index:
        assert list(index.files()) == ["a.txt", "b.txt"]
        assert index.verify() == []
        assert present(folder) == named(index)
        assert len(index.search(np.ones((1, 8), dtype=np.float32), 10)[0]) == 10


def test_a_disk_too_full_for_a_structure_leaves_the_index_as_it_was(apply, folder, state_of, monkeypatch):
    write = os.write

    def refuse(descriptor, data):
        if ".faiss" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    with Index.open(folder) as index:
        before = state_of(index)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(IndexStateError, match=r"the disk that holds .* is full \(.*\): nothing was changed"):
            apply()
    with Index.open(folder, writable=True) as index:
        assert state_of(index) == before
        assert index.verify() == []
        assert present(folder) == named(index)


def test_an_index_of_the_format_before_structures_is_brought_up_to_date(folder, state_of):
    with Index.open(folder, writable=True) as index:
        index.set_type("flat")
        before = state_of(index)
    to_first_format(folder)
    with pytest.raises(IndexStateError, match="has format 1, older than 3: open it once for writing"):
        Index.open(folder)
    with Index.open(folder, writable=True) as index:
        assert state_of(index) == before
        assert index.index_type == "auto"
        index.set_type("ivf")
        assert len(present(folder)) == 2
        assert index.verify() == []


def test_a_cleared_index_keeps_no_structure(folder):
    with Index.open(folder, writable=True) as index:
        index.apply(Change(clear=True))
        assert present(folder) == set()
        assert index.verify() == []
