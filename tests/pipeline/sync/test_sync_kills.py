"""A sync that is killed leaves what it had committed, and run again it ends as if nothing had happened."""

import os
import random
import shutil
import time
from functools import partial

import pytest

import spanwise
from crash import die_after, die_at_step, rehearse, steps
from spanwise.index.catalogue.migrations import MIGRATIONS
from spanwise.pipeline.sync import commits
from whole import leftovers_of, problems_of, state_of

HOUR = 3600
COMMIT = ["transaction begun", "rows deleted", "sources written", "rows written", "vectors opened", "vectors written"]
COMMIT += ["vectors synced", "vectors renamed", "vectors folder synced", "segments written", "before commit"]
COMMIT += ["after commit", "file removed", "old vectors removed"]
PURGE = ["transaction begun", "rows deleted", "sources written", "rows written", "segments written", "words forgotten"]
PURGE += ["before commit", "after commit", "old vectors removed", "before vacuum", "after vacuum"]
PURGE += ["before commit", "after commit", "log emptied"]
CREATION = [
    "folder made",
    *(migration.__name__ for migration in MIGRATIONS),
    "before format",
    "after format",
    "catalogue made",
    "catalogue synced",
    "catalogue renamed",
]
CREATION += ["catalogue folder synced", "parents synced"]


def write(folder, texts):
    """Write files, long enough ago that their times tell them apart."""
    folder.mkdir(exist_ok=True)
    old = time.time() - HOUR
    for name, text in texts.items():
        file = folder / f"{name}.txt"
        file.write_text(text, encoding="utf-8")
        os.utime(file, (old, old))


def sentences(name, version=0):
    return "".join(f"The {name} of version {version} has the number {number}. " for number in range(60))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "papers"
    write(folder, {name: sentences(name) for name in ("sky", "sea", "sun", "moon", "star", "wind")})
    return folder


@pytest.fixture
def sync(folder, tiny_embedder, monkeypatch):
    """Sync the folder to an index, with an embedder that is loaded once and works in a forked child too."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with spanwise.Corpus(folder.parent / "none", embedder=str(tiny_embedder)) as corpus:
        encoder = corpus.encoder

    def act(path):
        with spanwise.Corpus(path, embedder=str(tiny_embedder)) as corpus:
            monkeypatch.setattr(corpus, "_loaded_encoder", encoder)
            return corpus.sync(folder)

    yield act
    torch.set_num_threads(threads)


@pytest.fixture
def copy(sync, folder):
    """Each time make another index of the folder as it was before files were added, changed, removed and renamed."""
    made = folder.parent / "made"
    sync(made)
    write(folder, {"rain": sentences("rain"), "sky": sentences("sky", 1), "sea": "The sea is short now."})
    (folder / "sun.txt").unlink()
    (folder / "moon.txt").rename(folder / "luna.txt")
    write(folder, {"wind": sentences("wind")})  # touched
    numbers = iter(range(1000))
    return lambda: shutil.copytree(made, folder.parent / f"copy{next(numbers)}")


def check(path, ending, sync, folder, states):
    """Compare what a kill has left with `states`, those before and after each commit, and sync again."""
    assert state_of(path) in ending.allowed(states)
    report = sync(path)
    assert not report.skipped
    found = state_of(path)
    assert found["sources"] == states[-1]["sources"]
    assert {file: source.text for file, source in found["sources"].items()} == {
        file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()
    }
    assert by_id(found) == by_id(states[-1])
    assert problems_of(path) == []
    assert leftovers_of(path) == set()


def by_id(state):
    return {document["id"]: document for document in state["documents"]}


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_every_point_of_a_sync(copy, sync, folder, every):
    path = copy()
    whole = rehearse(partial(sync, path), partial(state_of, path))
    assert whole.points == COMMIT + PURGE
    assert set(whole.states[1]["files"]) == {"rain.txt", "sky.txt", "sea.txt", "luna.txt", "star.txt", "wind.txt"}
    for step in steps(whole.points)[every // 2 :: every]:
        path = copy()
        ending = die_at_step(step, partial(sync, path))
        assert ending.passed == whole.points[:step]
        assert problems_of(path) == []
        check(path, ending, sync, folder, whole.states)


def test_killed_at_every_point_of_a_first_sync(sync, folder):
    path = folder.parent / "whole"
    whole = rehearse(partial(sync, path), partial(state_of, path))
    root = COMMIT[: COMMIT.index("vectors opened")] + COMMIT[COMMIT.index("segments written") :]
    root.remove("file removed")
    assert whole.points == [*CREATION, *root, *(point for point in COMMIT if point != "file removed"), "log emptied"]
    assert whole.states[0] is None
    for step in steps(whole.points):
        if whole.points[step - 1] not in {*CREATION, "before commit", "after commit"}:
            continue
        path = folder.parent / str(step)
        ending = die_at_step(step, partial(sync, path))
        assert ending.passed == whole.points[:step]
        check(path, ending, sync, folder, whole.states)


@pytest.mark.slow
@pytest.mark.parametrize("since", ["begun", "transaction begun", "before commit"])
def test_killed_at_random_moments_of_a_sync_in_many_commits(copy, sync, folder, since, monkeypatch):
    monkeypatch.setattr(commits, "COMMIT_PASSAGES", 20)
    path = copy()
    whole = rehearse(partial(sync, path), partial(state_of, path))
    assert whole.points.count("after commit") > 2
    chance, killed = random.Random(since), 0
    for _ in range(20):
        path = copy()
        delay = chance.uniform(0, whole.seconds(since))
        ending = die_after(delay, partial(sync, path), since=since)
        if path.exists():
            assert problems_of(path) == []
        check(path, ending, sync, folder, whole.states)
        killed += ending.killed
        if killed == 4:
            break
    assert killed
