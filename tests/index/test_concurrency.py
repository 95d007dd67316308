"""Processes that read, write, compact, change the type and die beside one another."""

import multiprocessing
import os
import signal
import time
import traceback
from functools import partial

import numpy as np
import pytest
from haystack import Document

from crash import die_at, watched
from spanwise.index import FaissDocumentStore, Index
from spanwise.index.faiss import faiss_index
from spanwise.index.vectors.search import top, unit_queries
from whole import contents, problems_of, state_of

PER_COMMIT = 120
FORK = multiprocessing.get_context("fork")
PATIENCE_S = 60


@pytest.fixture(autouse=True)
def searched(small_faiss_indexes, monkeypatch):
    """Let structures of few rows be searched too."""
    monkeypatch.setattr(faiss_index, "MIN_FETCH", 4)


@pytest.fixture
def make_generation(make_change):
    def make(number):
        return make_change({"a.txt": [f"zebra {number} {row}" for row in range(PER_COMMIT)]}, seed=number)

    return make


def start(*acts):
    """Run each of `acts` in a process of its own; returns a function that waits for them, and fails if one did."""
    failures = FORK.Queue()

    def run(act):
        try:
            act()
        except BaseException:
            failures.put(traceback.format_exc())
            raise

    processes = [FORK.Process(target=run, args=(act,)) for act in acts]
    for process in processes:
        process.start()

    def finish():
        for process in processes:
            process.join(PATIENCE_S)
            assert process.exitcode == 0, failures.get(timeout=PATIENCE_S)

    return finish


def search_until(path, last, vectors_of):
    """Search again and again; every result must be one commit's, with true scores."""
    queries, used, number = np.eye(8, dtype=np.float32)[:3], [], 0
    candidates = faiss_index.FaissIndex.candidates

    def counted(self, *rest):
        found = candidates(self, *rest)
        used.append(any(rows is not None for rows in found))
        return found

    faiss_index.FaissIndex.candidates = counted
    with Index.open(path) as index:
        while number < last:
            hits = index.search(queries, 2)
            assert [len(found) for found in hits] == [2, 2, 2]
            (number,) = {int(hit.passage.text.split()[1]) for found in hits for hit in found}
            vectors = vectors_of(number)
            for query, found in zip(queries, hits, strict=True):
                expected = [float(query @ vectors[int(hit.passage.text.split()[2])]) for hit in found]
                assert [hit.score for hit in found] == pytest.approx(expected, abs=1e-6)
                assert expected == sorted(expected, reverse=True)
    assert any(used)


def test_searches_of_an_approximate_type_while_a_writer_commits_compacts_and_changes_the_type(
    index, make_generation, unit_vectors
):
    last = 30
    index.apply(make_generation(0))
    index.set_type("hnsw")
    index.close()
    reader = partial(search_until, index.path, last, partial(unit_vectors, PER_COMMIT))
    finish = start(reader, reader)
    with Index.open(index.path, writable=True) as writer:
        for number in range(1, last + 1):
            writer.apply(make_generation(number))
            if number % 3 == 0:
                writer.compact()
            if number % 2 == 0:
                writer.set_type(("ivf", "sq8", "flat", "hnsw")[number // 2 % 4])
    finish()
    assert problems_of(index.path) == []


def test_an_index_is_opened_measured_and_verified_while_a_writer_commits(index, make_generation):
    index.apply(make_generation(0))
    index.close()
    done = FORK.Event()

    def read():
        while not done.is_set():
            with Index.open(index.path) as reader:
                assert reader.verify() == []
                assert reader.summary().bytes > 0
                assert len(reader.search(np.ones((1, 8), dtype=np.float32), 5)[0]) == 5

    finish = start(read, read, read)
    with Index.open(index.path, writable=True) as writer:
        for number in range(1, 60):
            writer.apply(make_generation(number))
    done.set()
    finish()


def test_a_snapshot_outlives_the_files_that_it_reads(index, make_generation):
    index.apply(make_generation(0))
    index.set_type("hnsw")
    index.close()
    ready, go, queries = FORK.Event(), FORK.Event(), np.eye(8, dtype=np.float32)
    with Index.open(index.path) as reader:
        before = contents(reader)
        expected = [[hit.passage.text for hit in found] for found in reader.search(queries, PER_COMMIT)]

    def read():
        with Index.open(index.path) as reader, reader.snapshot() as (connection, view):
            ready.set()
            assert go.wait(PATIENCE_S)
            texts = dict(connection.execute("SELECT id, content FROM documents"))
            found = top(view, unit_queries(queries, 8), PER_COMMIT)
            assert [[texts[number] for number in ids] for ids, _ in found] == expected
            vectors = view.gather([*texts])
            assert [vectors[number].tolist() for number in sorted(texts)] == [
                document["embedding"] for document in before["documents"]
            ]

    finish = start(read)
    assert ready.wait(PATIENCE_S)
    files = set((index.path / "vectors").iterdir())
    began = time.monotonic()
    with Index.open(index.path, writable=True) as writer:
        writer.apply(make_generation(1))
        writer.compact()
        writer.set_type("ivf")
    assert time.monotonic() - began < PATIENCE_S / 2  # it does not wait for the reader, who may take any time
    assert not files & set((index.path / "vectors").iterdir())
    go.set()
    finish()


def test_many_processes_open_at_once_what_a_killed_writer_left(index, make_generation):
    index.apply(make_generation(0))
    index.close()

    def apply():
        with Index.open(index.path, writable=True) as writer:
            writer.apply(make_generation(1))

    die_at("after commit", apply)
    together = FORK.Barrier(8)

    def read():
        together.wait(PATIENCE_S)
        with Index.open(index.path) as reader:
            assert {hit.passage.text.split()[1] for hit in reader.lexical("zebra", 500)} == {"1"}
            assert reader.verify() == []

    def write(name):
        together.wait(PATIENCE_S)
        FaissDocumentStore(index.path).write_documents([Document(id=name, content="lion")])

    start(*[read] * 5, *(partial(write, name) for name in "abc"))()
    assert {document["id"] for document in state_of(index.path)["documents"][-3:]} == set("abc")
    assert problems_of(index.path) == []


@pytest.mark.parametrize("point", ["rows written", "vectors written", "before commit", "after commit", "file removed"])
def test_a_writer_goes_on_at_once_when_the_one_before_it_is_killed(index, make_generation, point):
    index.apply(make_generation(0))
    index.close()
    stuck = FORK.Event()

    def reached(name):
        if name == point:
            stuck.set()
            signal.pause()

    def write(name):
        embedding = np.eye(8)[0].tolist()
        FaissDocumentStore(index.path).write_documents([Document(id=name, content="lion", embedding=embedding)])

    def hang():
        with watched(reached):
            write("first")

    killed = FORK.Process(target=hang)
    killed.start()
    assert stuck.wait(PATIENCE_S)
    finish = start(partial(write, "second"))
    time.sleep(0.1)
    os.kill(killed.pid, signal.SIGKILL)
    finish()
    killed.join(PATIENCE_S)
    assert killed.exitcode == -signal.SIGKILL
    added = {document["id"] for document in state_of(index.path)["documents"]} & {"first", "second"}
    assert added == ({"first", "second"} if point in {"after commit", "file removed"} else {"second"})
    assert problems_of(index.path) == []


def test_a_child_of_the_writer_does_not_keep_its_lock(index):
    ended = FORK.Event()
    finish = start(partial(ended.wait, PATIENCE_S))
    index.close()
    with Index.open(index.path, writable=True) as again:
        assert again.set_type("flat") == 1
    ended.set()
    finish()


def test_a_child_of_a_killed_writer_does_not_keep_its_lock(index):
    index.close()
    reader, writer = os.pipe()
    holder = os.fork()
    if holder == 0:
        held = Index.open(index.path, writable=True)
        if os.fork() == 0:
            os.write(writer, f"{os.getpid()} {held.generation}".encode())
        signal.pause()
    child, generation = os.read(reader, 100).split()
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    try:
        with Index.open(index.path, writable=True) as again:
            assert again.generation == int(generation)
    finally:
        os.kill(int(child), signal.SIGKILL)
        os.close(reader)
        os.close(writer)


def test_a_store_writes_on_both_sides_of_a_fork(tmp_path):
    store = FaissDocumentStore(tmp_path / "s")
    store.write_documents([Document(id="before", content="zebra", embedding=[1.0, 0.0])])
    writer = store.index._catalogue._writer
    written = FORK.Event()

    def write():
        store.write_documents([Document(id="child", content="zebra", embedding=[0.0, 1.0])])
        assert store.index._catalogue._writer is not writer
        written.set()

    finish = start(write)
    store.write_documents([Document(id="parent", content="zebra", embedding=[0.6, 0.8])])
    assert written.wait(PATIENCE_S)
    finish()
    assert store.index._catalogue._writer is writer
    assert {document.id for document in store.filter_documents()} == {"before", "child", "parent"}
    store.close()
    assert problems_of(tmp_path / "s") == []
