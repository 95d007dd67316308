"""FAISS files are built beside whoever writes the index meanwhile, and made part of it if they still belong to it."""

import multiprocessing
import os
import traceback

import numpy as np
import pytest

from crash import watched
from spanwise.errors import IndexStateError
from spanwise.index import Change, Index
from spanwise.index.faiss import build, faiss_index
from spanwise.index.lock import BUILDING, WriterLock
from spanwise.index.vectors import faiss_building, merging
from spanwise.index.vectors.search import top
from whole import leftovers_of, problems_of

FORK = multiprocessing.get_context("fork")
PATIENCE_S = 120
DOC_ID = "SELECT doc_id FROM documents WHERE id = ?"
QUERIES = np.eye(8, dtype=np.float32)[:4]


@pytest.fixture(autouse=True)
def searched(small_faiss_indexes, monkeypatch):
    """Let structures of few rows be searched too, and segments of few rows not be rewritten for their size."""
    monkeypatch.setattr(faiss_index, "MIN_FETCH", 4)
    monkeypatch.setattr(merging, "SMALL_SEGMENT", 16)


@pytest.fixture
def folder(index, make_change):
    index.set_type("hnsw")
    index.apply(make_change({"a.txt": [f"zebra {i}" for i in range(200)]}))
    index.close()
    return index.path


def rows_of_structures(folder):
    """Of each segment: how many rows its FAISS file has, and how many it has itself."""
    with Index.open(folder) as index, index.snapshot() as (_, view):
        return [(one.faiss_index.rows() if one.faiss_index else 0, len(one.ids)) for one in view.segments]


def assert_finds_the_nearest(folder):
    with Index.open(folder) as index:
        with index.snapshot() as (connection, view):
            ids = [number for (number,) in connection.execute("SELECT id FROM documents ORDER BY id")]
            vectors = np.array([*view.gather(ids).values()])
        found = [[hit.score for hit in hits] for hits in index.search(QUERIES, 3)]
    assert np.allclose(found, -np.sort(-(QUERIES @ vectors.T))[:, :3], atol=1e-6)


@pytest.fixture
def stuck(folder, make_change):
    """Start a process that adds 150 passages and stops while it builds their FAISS file; call what that returns."""
    processes = []

    def start(point):
        reached, go_on = FORK.Event(), FORK.Event()

        def stop(name):
            if name == point:
                reached.set()
                assert go_on.wait(PATIENCE_S)

        def run():
            try:
                with Index.open(folder, writable=True) as index, watched(stop), index.releasing():
                    index.apply(make_change({"b.txt": [f"port {i}" for i in range(150)]}, seed=1))
            except BaseException:
                traceback.print_exc()
                os._exit(1)

        process = FORK.Process(target=run)
        processes.append(process)
        process.start()
        assert reached.wait(PATIENCE_S)

        def finish():
            go_on.set()
            process.join(PATIENCE_S)
            assert process.exitcode == 0

        return finish

    yield start
    for process in processes:
        process.kill()


@pytest.mark.parametrize("point", ["faiss begun", "faiss written", "faiss renamed"])
def test_another_process_adds_a_file_while_a_structure_is_built(stuck, folder, make_change, point):
    finish = stuck(point)
    assert rows_of_structures(folder) == [(200, 350)]
    assert_finds_the_nearest(folder)
    with Index.open(folder, writable=True) as index:  # which would be refused, were the other still the writer
        index.apply(make_change({"c.txt": ["lion"]}, seed=2))
    assert rows_of_structures(folder) == [(200, 350), (0, 1)]
    assert_finds_the_nearest(folder)
    finish()
    assert rows_of_structures(folder) == [(350, 350), (0, 1)]
    assert_finds_the_nearest(folder)
    with Index.open(folder) as index:
        assert list(index.files()) == ["a.txt", "b.txt", "c.txt"]
    assert problems_of(folder) == []
    assert leftovers_of(folder) == set()


def merge(index, make_change):
    index.apply(make_change({"c.txt": [f"lion {i}" for i in range(300)]}, seed=2))


def delete_and_compact(index, _):
    index.apply(Change(removed=["a.txt"]))
    index.compact()


def scan_all(index, _):
    index.set_type("flat")


def delete_everything(index, _):
    index.apply(Change(clear=True))


@pytest.mark.parametrize(
    ("act", "after"),
    [(merge, [(650, 650)]), (delete_and_compact, [(150, 150)]), (scan_all, [(0, 350)]), (delete_everything, [])],
    ids=lambda act: getattr(act, "__name__", ""),
)
def test_what_was_built_is_used_only_where_its_rows_still_are(stuck, folder, make_change, act, after):
    finish = stuck("faiss renamed")
    with Index.open(folder, writable=True) as index:
        act(index, make_change)
    finish()
    assert rows_of_structures(folder) == after
    if after:
        assert_finds_the_nearest(folder)
    assert problems_of(folder) == []
    assert leftovers_of(folder) == set()


def test_what_another_process_builds_is_no_left_over(stuck, folder):
    finish = stuck("faiss written")
    assert len(leftovers_of(folder)) == 1
    with Index.open(folder, check=False) as index:
        assert index.examine().leftovers == ()
    with Index.open(folder, writable=True) as index, pytest.raises(IndexStateError, match="are being built: wait"):
        index.repair()
    finish()
    assert leftovers_of(folder) == set()


def test_a_structure_that_was_half_built_is_removed_by_the_next_writer_and_built_again(stuck, folder):
    stuck("faiss written")
    (process,) = multiprocessing.active_children()
    process.kill()
    process.join(PATIENCE_S)
    assert len(leftovers_of(folder)) == 1
    assert_finds_the_nearest(folder)
    with Index.open(folder, writable=True) as index:
        assert leftovers_of(folder) == set()
        index.apply(Change())
    assert rows_of_structures(folder) == [(350, 350)]
    assert_finds_the_nearest(folder)
    assert problems_of(folder) == []


def test_building_is_left_to_the_process_that_is_at_it(folder, make_change):
    other = WriterLock(folder, BUILDING)
    other.acquire()
    with Index.open(folder, writable=True) as index:
        index.apply(make_change({"b.txt": [f"port {i}" for i in range(150)]}, seed=1))
        assert rows_of_structures(folder) == [(200, 350)]
        other.release()
        index.apply(Change())
    assert rows_of_structures(folder) == [(350, 350)]


def test_room_is_made_before_a_structure_is_built_and_only_then(folder, make_change, monkeypatch):
    called = []
    build_index = build.build_index
    monkeypatch.setattr(faiss_building, "build_index", lambda *rest: called.append("built") or build_index(*rest))
    for added in (1, 600):
        with Index.open(folder, writable=True) as index, index.releasing(make_room=lambda: called.append("room made")):
            index.apply(make_change({f"{added}.txt": [f"lion {added} {i}" for i in range(added)]}, seed=added))
    assert called == ["room made", "built"]
    assert rows_of_structures(folder) == [(801, 801)]


def test_a_graph_is_extended_where_the_rows_before_are_the_same(folder, make_change, monkeypatch):
    made, extended = [], []
    build_index, extend_index = build.build_index, build.extend_index

    def record(calls, function):
        def called(*rest):
            calls.append(function(*rest))
            return calls[-1]

        return called

    monkeypatch.setattr(faiss_building, "build_index", record(made, build_index))
    monkeypatch.setattr(faiss_building, "extend_index", record(extended, extend_index))
    with Index.open(folder, writable=True) as index:
        index.apply(make_change({"b.txt": [f"port {i}" for i in range(150)]}, seed=1))
        assert ([each.ntotal for each in extended], made) == ([350], [])
        assert_finds_the_nearest(folder)
        index.apply(make_change({"c.txt": [f"lion {i}" for i in range(600)]}, seed=2))
        assert [each and each.ntotal for each in extended] == [350, None]  # of which it had less than half
        assert [each.ntotal for each in made] == [950]
        index.apply(Change(removed=["a.txt"]))
        index.compact()
        assert [each.ntotal for each in made] == [950, 750]
    assert len(extended) == 2
    assert_finds_the_nearest(folder)
    assert problems_of(folder) == []


def test_deleted_rows_are_not_found_whether_a_structure_has_them_or_lacks_them(folder, make_change):
    other = WriterLock(folder, BUILDING)
    other.acquire()
    with Index.open(folder, writable=True) as index:
        index.apply(make_change({"b.txt": [f"port {i}" for i in range(150)]}, seed=1))
        with index.snapshot() as (connection, view):
            best = [number for found, _ in top(view, QUERIES, 20) for number in found.tolist()]
            ids = [doc_id for number in best for (doc_id,) in connection.execute(DOC_ID, (number,))]
        index.apply(Change(removed_ids=ids))
        with index.snapshot() as (_, view):
            (segment,) = view.segments
            assert segment.dead.min() < 200 <= segment.dead.max()
    assert rows_of_structures(folder) == [(200, 350)]
    assert_finds_the_nearest(folder)
    other.release()
