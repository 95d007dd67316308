"""Whatever a document store is doing when its process is killed: nothing is lost, and the same call completes."""

import random
import shutil
from functools import partial

import numpy as np
import pytest
from haystack import Document
from haystack.dataclasses import SparseEmbedding
from haystack.document_stores.types import DuplicatePolicy

from crash import die_after, die_at_step, rehearse, steps
from spanwise.index import FaissDocumentStore
from whole import leftovers_of, problems_of, state_of

GROUP = {"field": "meta.group", "operator": "==", "value": 1}
WRITTEN = ["vectors opened", "vectors written", "vectors synced", "vectors renamed", "vectors folder synced"]
STRUCTURED = [point.replace("vectors", "faiss") for point in WRITTEN]
PASSED = {
    "write": WRITTEN,
    "overwrite": WRITTEN,
    "delete": WRITTEN + STRUCTURED + ["file removed"],
    "compact": [*WRITTEN, *STRUCTURED, "before vacuum", "after vacuum", "log emptied"],
    "set type": [*STRUCTURED, "file removed", "old vectors removed"],
}


def documents(first, last, version=0):
    vectors = np.random.default_rng([first, version]).standard_normal((last - first, 16))
    return [
        Document(
            id=str(number),
            content=None if number % 7 == 0 else f"zebra {number} of version {version} " + "and so on " * 20,
            meta={"group": number % 3, "deep": {"x": [number, None, "ü"]}},
            embedding=None if number % 5 == 0 else vector.tolist(),
            sparse_embedding=SparseEmbedding([number], [0.5]) if number % 4 == 0 else None,
        )
        for number, vector in enumerate(vectors, first)
    ]


def with_store(act, path):
    store = FaissDocumentStore(path)
    try:
        act(store)
    finally:
        store.close()


def with_writer(act, path):
    def exclusively(store):
        with store.index.exclusive():
            act(store.index)

    with_store(exclusively, path)


ACTS = {
    "write": partial(with_store, lambda s: s.write_documents(documents(500, 640), DuplicatePolicy.SKIP)),
    "overwrite": partial(with_store, lambda s: s.write_documents(documents(250, 330, 1), DuplicatePolicy.OVERWRITE)),
    "delete": partial(with_store, lambda s: s.delete_documents([str(number) for number in range(0, 300, 2)])),
    "delete by filter": partial(with_store, lambda s: s.delete_by_filter(GROUP)),
    "update by filter": partial(with_store, lambda s: s.update_by_filter(GROUP, {"seen": True})),
    "delete all": partial(with_store, lambda s: s.delete_all_documents(recreate_index=True)),
    "compact": partial(with_writer, lambda index: index.compact()),
    "set type": partial(with_writer, lambda index: index.set_type("ivf")),
}


@pytest.fixture
def copy(tmp_path, small_faiss_indexes):
    """Return a folder with an index of 300 documents and a FAISS structure; each call gives another."""
    made = tmp_path / "made"
    with_writer(lambda index: index.set_type("hnsw"), made)
    with_store(lambda store: store.write_documents(documents(0, 300)), made)
    with_store(lambda store: store.delete_documents(["3", "4"]), made)
    numbers = iter(range(1000))

    def act():
        return shutil.copytree(made, tmp_path / f"copy{next(numbers)}")

    return act


def check(path, ending, act, states):
    """Compare what a kill has left with `states`, those before and after each commit, and do the same again."""
    assert state_of(path) in ending.allowed(states)
    assert problems_of(path) == []
    act(path)
    assert state_of(path) == states[-1]
    assert problems_of(path) == []
    assert leftovers_of(path) == set()
    shutil.rmtree(path)


@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ACTS)
def test_killed_at_every_point(copy, name, every):
    act, path = ACTS[name], copy()
    whole = rehearse(partial(act, path), partial(state_of, path))
    assert {"transaction begun", "rows deleted", "before commit", *PASSED.get(name, ())} <= set(whole.points)
    for step in steps(whole.points)[every // 2 :: every]:
        path = copy()
        ending = die_at_step(step, partial(act, path))
        assert ending.passed == whole.points[:step]
        check(path, ending, act, whole.states)


@pytest.mark.parametrize(
    "since",
    [
        pytest.param("begun", marks=pytest.mark.slow),
        "rows deleted",
        pytest.param("before commit", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", ACTS)
def test_killed_at_random_moments(copy, name, since):
    act, path = ACTS[name], copy()
    whole = rehearse(partial(act, path), partial(state_of, path))
    longest = whole.seconds(since)
    chance, killed = random.Random(f"{name} {since}"), False
    for _ in range(30):
        path = copy()
        ending = die_after(chance.uniform(0, longest), partial(act, path), since=since)
        check(path, ending, act, whole.states)
        killed = ending.killed
        if killed:
            break
        longest *= 0.8  # the rehearsal was slow
    assert killed


def test_killed_while_a_store_is_made_and_written_by_one_call(tmp_path):
    act = ACTS["write"]
    whole = rehearse(partial(act, tmp_path / "whole"), partial(state_of, tmp_path / "whole"))
    assert whole.states[0] is None
    for step in steps(whole.points):
        path = tmp_path / str(step)
        ending = die_at_step(step, partial(act, path))
        assert [state_of(path)] == ending.allowed(whole.states)
        act(path)
        assert state_of(path) == whole.states[-1]
        assert problems_of(path) == []
