"""A process that dies at any point of a commit leaves the index as it was before, or as it is after."""

import random
from functools import partial

import pytest

from crash import die_after, die_at, die_at_step, rehearse, steps
from older import to_first_format
from spanwise.errors import IndexStateError
from spanwise.index import Change, Index
from spanwise.index.catalogue.migrations import MIGRATIONS
from whole import leftovers_of, problems_of, state_of

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
    "file removed",
    "old vectors removed",
]
COMMITTED = {"after commit", "file removed", "old vectors removed"}
COMPACTION = ["transaction begun", "rows deleted", "sources written", "rows written", "vectors opened"]
COMPACTION += ["vectors written", "vectors synced", "vectors renamed", "vectors folder synced", "segments written"]
COMPACTION += ["words forgotten", "before commit", "after commit", "file removed", "old vectors removed"]
COMPACTION += ["before vacuum", "after vacuum", "before commit", "after commit", "log emptied"]
CREATION = [
    "folder made",
    *(migration.__name__ for migration in MIGRATIONS),
    "before format",
    "after format",
    "catalogue made",
    "catalogue synced",
    "catalogue renamed",
    "catalogue folder synced",
    "parents synced",
]


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


def compact(folder):
    with Index.open(folder, writable=True) as index:
        index.compact()


def test_the_points_are_all_that_a_commit_passes(folder, change):
    whole = rehearse(partial(apply_to, folder, change), partial(state_of, folder))
    assert whole.points == POINTS
    assert whole.states[0] != whole.states[1] == state_of(folder)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_leaves_the_state_before_or_after(folder, change, point):
    before = state_of(folder)
    die_at(point, partial(apply_to, folder, change))
    found = state_of(folder)
    assert problems_of(folder) == []
    assert (found == before) is (point not in COMMITTED)
    apply_to(folder, change)
    after = state_of(folder)
    assert list(after["files"]) == ["a.txt", "d.txt", "e.txt"]
    assert problems_of(folder) == []
    assert leftovers_of(folder) == set()
    if point in COMMITTED:
        assert found["sources"] == after["sources"]


@pytest.fixture
def worn(folder, change):
    """An index with several segments and vectors of deleted passages."""
    apply_to(folder, change)
    apply_to(folder, Change(removed=["d.txt"]))
    return folder


def test_the_points_are_all_that_a_compaction_passes(worn):
    whole = rehearse(partial(compact, worn), partial(state_of, worn))
    assert whole.points == COMPACTION
    assert [state["files"] for state in whole.states] == [whole.states[0]["files"]] * 3


@pytest.mark.parametrize("step", steps(COMPACTION), ids=lambda step: f"{step} {COMPACTION[step - 1]}")
def test_a_kill_while_compacting_changes_nothing_that_is_seen(worn, step):
    before = state_of(worn)
    assert die_at_step(step, partial(compact, worn)).killed
    assert state_of(worn) == before
    assert problems_of(worn) == []
    compact(worn)
    assert state_of(worn) == before
    assert problems_of(worn) == []
    assert leftovers_of(worn) == set()


def test_kills_at_random_moments_of_a_compaction(worn):
    def compact_for_ever():
        while True:
            compact(worn)

    before = state_of(worn)
    chance = random.Random(0)
    for _ in range(6):
        assert die_after(chance.uniform(0.01, 0.2), compact_for_ever).killed
        assert state_of(worn) == before
        assert problems_of(worn) == []
    compact(worn)
    assert leftovers_of(worn) == set()


@pytest.mark.parametrize("point", CREATION)
def test_a_kill_while_creating_leaves_no_index_or_a_whole_one(tmp_path, point, embedder):
    path = tmp_path / "new" / "deep"
    die_at(point, lambda: Index.create(path, embedder=embedder))
    assert Index.exists(path) is (CREATION.index(point) >= CREATION.index("catalogue renamed"))
    if not Index.exists(path):
        with pytest.raises(IndexStateError, match="there is no index in"):
            Index.open(path)
        Index.create(path, embedder=embedder).close()
    with Index.open(path, writable=True) as index:
        assert (index.generation, index.embedder) == (0, embedder)
    assert problems_of(path) == []


@pytest.mark.parametrize("point", ["before format", "after format"])
def test_a_kill_while_an_older_format_is_brought_up_to_date_loses_nothing(folder, change, point):
    before = state_of(folder)
    to_first_format(folder)
    die_at(point, partial(apply_to, folder, change))
    if point == "before format":
        with pytest.raises(IndexStateError, match="has format 1, older than 3"):
            Index.open(folder)
        Index.open(folder, writable=True).close()
    assert state_of(folder) == before
    assert problems_of(folder) == []
    apply_to(folder, change)
    assert list(state_of(folder)["files"]) == ["a.txt", "d.txt", "e.txt"]


def test_kills_at_random_moments(folder, make_change):
    def write_for_ever():
        with Index.open(folder, writable=True) as index:
            for number in range(index.generation, 10_000):
                removed = (f"{number - 5}.txt",)
                index.apply(make_change({f"{number}.txt": [f"zebra {number} {i}" for i in range(40)]}, removed=removed))

    chance = random.Random(0)
    for _ in range(6):
        assert die_after(chance.uniform(0.05, 0.3), write_for_ever).killed
        assert problems_of(folder) == []
        with Index.open(folder) as index:
            newest = index.generation - 1
            numbers = [int(file.removesuffix(".txt")) for file in index.files() if file[0].isdigit()]
            assert numbers == sorted(numbers, key=str)
            assert max(numbers) == newest
    apply_to(folder, Change(removed=["a.txt"]))
    assert problems_of(folder) == []
