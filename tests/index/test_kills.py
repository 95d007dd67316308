"""A process that dies at any point of a commit leaves the index as it was before, or as it is after."""

import os
import random
import signal
import time

import pytest

from spanwise.errors import IndexStateError
from spanwise.index import Change, Index, checkpoint

POINTS = [
    "transaction begun",
    "rows deleted",
    "sources written",
    "rows written",
    "vectors opened",
    "vectors written",
    "vectors synced",
    "vectors renamed",
    "vectors folder synced",
    "segments written",
    "before commit",
    "after commit",
    "old vectors removed",
]
COMMITTED = {"after commit", "old vectors removed"}


def die_at(point, act):
    """Fork a child that does `act` and is killed when it reaches `point`."""
    pid = os.fork()
    if pid == 0:
        checkpoint.reached = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == point else None
        try:
            act()
        finally:
            os._exit(7)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), f"the child ended with {os.waitstatus_to_exitcode(status)} before {point!r}"
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.fixture
def folder(index, make_change):
    index.apply(make_change({"a.txt": ["zebra one", "zebra two"], "b.txt": ["common"], "c.txt": ["port"]}))
    index.apply(make_change({"d.txt": ["another zebra"]}, seed=1))
    index.close()
    return index.path


@pytest.fixture
def change(make_change):
    return make_change({"a.txt": ["port new"], "e.txt": ["zebra", "lion"]}, seed=2, removed=("b.txt", "c.txt"))


def apply_to(folder, change):
    with Index.open(folder, writable=True) as index:
        return index.apply(change)


def test_the_points_are_all_that_a_commit_passes(folder, change, monkeypatch):
    passed = []
    monkeypatch.setattr(checkpoint, "reached", passed.append)
    apply_to(folder, change)
    assert passed == POINTS


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_leaves_the_state_before_or_after(folder, change, state_of, point):
    with Index.open(folder) as index:
        before = state_of(index)
    die_at(point, lambda: apply_to(folder, change))
    with Index.open(folder) as index:
        found = state_of(index)
        assert index.verify() == []
    assert (found == before) is (point not in COMMITTED)
    apply_to(folder, change)
    with Index.open(folder, writable=True) as index:
        after = state_of(index)
        assert list(after["files"]) == ["a.txt", "d.txt", "e.txt"]
        assert index.verify() == []
        with index.reading() as connection:
            named = {name for (name,) in connection.execute("SELECT name FROM segments")}
    assert {file.name for file in (folder / "vectors").iterdir()} == named
    if point in COMMITTED:
        assert found == after


@pytest.mark.parametrize("point", ["vectors written", "vectors renamed", "before commit", "after commit"])
def test_a_kill_while_compacting_changes_nothing_that_is_seen(folder, change, state_of, point):
    apply_to(folder, change)
    with Index.open(folder, writable=True) as index:
        index.apply(Change(removed=["d.txt"]))
        before = state_of(index)

    def compact():
        with Index.open(folder, writable=True) as index:
            index.compact()

    die_at(point, compact)
    with Index.open(folder) as index:
        assert state_of(index) == before
        assert index.verify() == []
    compact()
    with Index.open(folder) as index:
        assert state_of(index) == before


@pytest.mark.parametrize("point", ["catalogue made", "catalogue renamed"])
def test_a_kill_while_creating_leaves_no_index_or_a_whole_one(tmp_path, point, embedder):
    path = tmp_path / "new"
    die_at(point, lambda: Index.create(path, embedder=embedder))
    assert Index.exists(path) is (point == "catalogue renamed")
    if not Index.exists(path):
        with pytest.raises(IndexStateError, match="there is no index in"):
            Index.open(path)
        Index.create(path, embedder=embedder).close()
    with Index.open(path, writable=True) as index:
        assert (index.generation, index.embedder) == (0, embedder)


def test_kills_at_random_moments(folder, make_change):
    def write_for_ever():
        with Index.open(folder, writable=True) as index:
            for number in range(index.generation, 10_000):
                removed = (f"{number - 5}.txt",)
                index.apply(make_change({f"{number}.txt": [f"zebra {number} {i}" for i in range(40)]}, removed=removed))

    chance = random.Random(0)
    for _ in range(6):
        pid = os.fork()
        if pid == 0:
            try:
                write_for_ever()
            finally:
                os._exit(7)
        time.sleep(chance.uniform(0.05, 0.3))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with Index.open(folder) as index:
            assert index.verify() == []
            newest = index.generation - 1
            numbers = [int(file.removesuffix(".txt")) for file in index.files() if file[0].isdigit()]
            assert numbers == sorted(numbers, key=str)
            assert not numbers or max(numbers) == newest
    with Index.open(folder, writable=True) as index:
        index.apply(Change(removed=["a.txt"]))
        assert index.verify() == []
