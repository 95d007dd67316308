"""Readers and writers in several threads and processes."""

import multiprocessing
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from older import record_root
from spanwise.errors import IndexStateError
from spanwise.index import Change, FaissDocumentStore, Index
from spanwise.index.lock import WriterLock

PER_COMMIT = 30


def texts_of(number):
    return [f"zebra {number} {i}" for i in range(PER_COMMIT)]


def write_generations(path, count, make_change):
    with Index.open(path, writable=True) as index:
        for number in range(1, count + 1):
            index.apply(make_change({"a.txt": texts_of(number), "b.txt": [f"port {number}"]}, seed=number))


def read_until(path, last, done, failures):
    """Check again and again that everything read belongs to one commit."""
    seen = set()
    try:
        with Index.open(path) as index:
            generation = 0
            while generation < last:
                hits = index.search(np.ones((2, 8), dtype=np.float32), 100)
                numbers = {hit.passage.text.split()[1] for hit in hits[0]}
                assert len(numbers) <= 1, numbers
                assert len(hits[0]) == len(hits[1]) in {0, PER_COMMIT + 1}, len(hits[0])
                words = {hit.passage.text.split()[1] for hit in index.lexical("zebra port", 100)}
                assert len(words) <= 1, words
                generation = max(map(int, numbers), default=0)
                seen.add(generation)
        done.put(len(seen))
    except BaseException as error:
        failures.put(repr(error))
        raise


def test_readers_in_processes_see_whole_commits_while_a_writer_commits(index, make_change):
    index.close()
    context = multiprocessing.get_context("fork")
    done, failures = context.Queue(), context.Queue()
    last = 25
    readers = [context.Process(target=read_until, args=(index.path, last, done, failures)) for _ in range(2)]
    for reader in readers:
        reader.start()
    write_generations(index.path, last, make_change)
    for reader in readers:
        reader.join(120)
        assert reader.exitcode == 0, failures.get(timeout=60)
    assert all(done.get(timeout=60) >= 1 for _ in readers)


def test_readers_in_threads_share_one_index(index, make_change):
    index.apply(make_change({"a.txt": texts_of(1)}))
    query = np.ones((1, 8), dtype=np.float32)
    expected = index.search(query, 9)
    with Index.open(index.path) as reader, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: reader.search(query, 9), range(100))) == [expected] * 100


def test_a_second_writer_is_refused_with_the_pid_of_the_first(index):
    context = multiprocessing.get_context("fork")
    answers = context.Queue()

    def second():
        try:
            Index.open(index.path, writable=True)
        except IndexStateError as error:
            answers.put(str(error))

    process = context.Process(target=second)
    process.start()
    process.join(120)
    assert answers.get(timeout=60) == (
        f"the index in {index.path} is being written by process {os.getpid()}: wait for it, or end it"
    )
    with pytest.raises(IndexStateError, match=f"is being written by process {os.getpid()}"):
        Index.open(index.path, writable=True)


def test_a_forked_child_is_not_the_writer_and_reads_on_connections_of_its_own(index, make_change):
    index.apply(make_change({"a.txt": ["zebra"]}))
    assert index.count() == 1
    context = multiprocessing.get_context("fork")
    answers = context.Queue()

    def child():
        try:
            index.apply(make_change({"b.txt": ["lion"]}))
        except IndexStateError as error:
            answers.put((index.count(), str(error)))

    process = context.Process(target=child)
    process.start()
    process.join(120)
    count, message = answers.get(timeout=60)
    assert count == 1
    assert "open it with writable=True in this process" in message
    index.apply(make_change({"b.txt": ["lion"]}))
    assert index.count() == 2


def test_the_lock_goes_with_its_process(index):
    index.close()
    pid = os.fork()
    if pid == 0:
        held = Index.open(index.path, writable=True)
        os._exit(7 if held.generation == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    with Index.open(index.path, writable=True) as again:
        assert again.apply(Change(removed=["none.txt"])) == 1


def test_a_writer_can_wait_for_another(index):
    def release_soon():
        time.sleep(0.1)
        index.close()

    with Index.open(index.path) as waiting, ThreadPoolExecutor(1) as pool:
        done = pool.submit(release_soon)
        with waiting.exclusive(wait_s=10):
            done.result()
            record_root(waiting, "/r")
        assert waiting.root == "/r"


def test_stores_in_processes_make_the_index_and_write_in_turn(tmp_path):
    from haystack import Document

    path = tmp_path / "s"
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(3)

    def write(name):
        store = FaissDocumentStore(path)
        ready.wait(20)
        for number in range(8):
            store.write_documents([Document(id=f"{name}{number}", content="x", embedding=[1.0, number])])

    writers = [context.Process(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(50)
        assert writer.exitcode == 0
    store = FaissDocumentStore(path)
    assert store.count_documents() == 24
    assert store.index.verify() == []


def test_a_lock_that_is_not_held_can_be_released(tmp_path):
    held = WriterLock(tmp_path)
    held.release()
    held.acquire()
    assert held.held
    held.release()
    assert not held.held
