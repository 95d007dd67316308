"""FAISS files are durable parts of a commit: whole or not there, and never in the way of the documents."""

import os
from itertools import dropwhile, groupby

import numpy as np
import pytest

from crash import die_when, watched
from older import to_first_format
from spanwise.errors import IndexStateError
from spanwise.index import Index
from spanwise.index.faiss import faiss_index
from spanwise.index.records import Change

WRITTEN = ["before commit", "after commit", "file removed", "old vectors removed"]
BUILT = [f"faiss {what}" for what in ("begun", "opened", "written", "synced", "renamed", "folder synced")]
POINTS = [*WRITTEN, *BUILT, "transaction begun", *WRITTEN]


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


def rows_of_structures(index):
    """Of each segment with a FAISS file: how many rows this has, and the segment."""
    with index.snapshot() as (_, view):
        return [(one.faiss_index.rows(), len(one.ids)) for one in view.segments if one.faiss_index is not None]


def present(folder):
    return {file.name for file in (folder / "vectors").iterdir()}


def test_a_commit_with_a_structure_passes_these_points(apply, folder):
    passed = []
    with watched(passed.append):
        apply()
    at = passed.index("segments written")
    assert [name for name, _ in groupby(passed[at + 1 :])] == POINTS
    assert sorted(name.rsplit(".", 1)[-1] for name in present(folder)) == ["f32", "faiss"]


@pytest.mark.parametrize("last", range(len(POINTS)), ids=lambda last: f"{last} {POINTS[last]}")
def test_a_kill_while_a_structure_is_built_leaves_what_was_committed(apply, folder, state_of, monkeypatch, last):
    monkeypatch.setattr(faiss_index, "MIN_FETCH", 4)
    with Index.open(folder) as index:
        before = state_of(index)

    def here(passed):
        rest = dropwhile(lambda name: name != "segments written", passed)
        return [name for name, _ in groupby(rest)][1:] == POINTS[: last + 1]

    assert die_when(apply, here).killed
    with Index.open(folder) as index:
        after = state_of(index)
        assert (after == before) is (last == 0)
        assert index.verify() == []
        queries = np.eye(8, dtype=np.float32)[:3]
        vectors = np.array([document["embedding"] for document in after["documents"]], dtype=np.float32)
        found = [[hit.score for hit in hits] for hits in index.search(queries, 3)]
        assert np.allclose(found, -np.sort(-(queries @ vectors.T))[:, :3], atol=1e-6)
    apply()
    with Index.open(folder) as index:
        assert list(index.files()) == ["a.txt", "b.txt"]
        assert index.verify() == []
        assert present(folder) == named(index)
        assert len(index.search(np.ones((1, 8), dtype=np.float32), 10)[0]) == 10


def test_a_disk_too_full_for_a_structure_leaves_what_was_committed(apply, folder, state_of, monkeypatch):
    write = os.write

    def refuse(descriptor, data):
        if ".faiss" in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(IndexStateError, match=r"the disk that holds .* is full .* the last commit is intact"):
            apply()
    with Index.open(folder, writable=True) as index:
        assert list(index.files()) == ["a.txt", "b.txt"]
        assert index.verify() == []
        assert present(folder) == named(index)
        assert rows_of_structures(index) == [(80, 150)]
        index.apply(Change())
        assert rows_of_structures(index) == [(150, 150)]


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
