"""Searching in shares, without a cluster: each share is searched by this process."""

import random
import shutil
from dataclasses import replace

import numpy as np
import pytest

import spanwise
from spanwise.errors import SpanwiseError
from spanwise.index.faiss import index_types
from spanwise.index.index import Index
from spanwise.index.records import Change
from spanwise.index.snapshot import Snapshot
from spanwise.retrieve import retrieve

pytest.importorskip("ray")

from ray.exceptions import ActorDiedError

from spanwise.scale.answering import shares, spread_corpus
from spanwise.scale.answering.shares import GoneError, load_share
from spanwise.scale.answering.spread_corpus import Call, search_shares

QUESTIONS = ("Which number does the observatory of district 9 have?", "When was the pump of district 21 counted?", "?")


class Here:
    """Stands for Serve's handle: searches at once."""

    def __init__(self, load=load_share):
        self.load = load
        self.shares = []

    @property
    def search(self):
        return self

    def remote(self, share, *asked):
        self.shares.append(share)
        try:
            return Done(self.load(share).search(*asked))
        except GoneError:
            return Done(None)


class Done:
    def __init__(self, found):
        self.found = found

    def result(self, timeout_s):
        return self.found


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, tiny_embedder):
    """An index of several segments, with passages that were deleted, and others that all files share."""
    from spanwise.index.vectors import merging

    folder = tmp_path_factory.mktemp("districts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "SMALL_SEGMENT", 8)
        patch.setattr("spanwise.pipeline.sync.commits.COMMIT_PASSAGES", 48)
        patch.setattr("spanwise.pipeline.sync.commits.FIRST_PASSAGES", 48)
        with spanwise.Corpus(folder / "index", embedder=str(tiny_embedder)) as corpus:
            for numbers in (range(20), range(20, 26), range(26, 28)):
                write(folder / "texts", numbers)
                corpus.sync(folder / "texts")
            with Index.open(folder / "index", writable=True) as index:
                index.apply(Change(removed=["district03.txt", "district22.txt"]))  # no purge: their vectors stay
            yield corpus


def write(folder, numbers):
    folder.mkdir(exist_ok=True)
    for number in numbers:
        chance = random.Random(number)
        facts = [
            f"The {chance.choice(('observatory', 'pump', 'harbor'))} of district {number} has the number "
            f"{chance.randint(100, 99_999)}. It was counted in the year {chance.randint(1800, 2020)} by "
            f"{chance.randint(2, 90)} people, of whom none came from district {chance.randrange(1000)}. " * 4
            for _ in range(6)
        ]
        shared = "This text is under the licence of the districts. " * 12
        (folder / f"district{number:02}.txt").write_text("\n\n".join([shared, *facts]), encoding="utf-8")


@pytest.fixture(autouse=True)
def small_shares(monkeypatch):
    monkeypatch.setattr(shares, "SHARE_ROWS", 16)


def spread_and_whole(corpus, *handles, files=None, top_k=20):
    """Return what is found in shares, and what is found by one process."""
    vectors = corpus.encoder.encode_queries(QUESTIONS)
    with corpus.index.snapshot() as (connection, view):

        def top(queries, most, allowed):
            parts = shares.parts_of(connection, view, corpus.path.resolve(), "node", allowed)
            return search_shares([*parts], handles, queries, most, 60.0)

        snapshot = Snapshot(corpus.path, connection, view, top)
        spread = retrieve(snapshot, QUESTIONS, vectors, top_k=top_k, files=files)
        assert len(view.segments) > 1
        assert sum(len(segment.dead) for segment in view.segments)
    with corpus.index.pinned() as snapshot:
        return spread, retrieve(snapshot, QUESTIONS, vectors, top_k=top_k, files=files)


@pytest.mark.parametrize("files", [None, ["district1*"], ["district05.txt"]])
@pytest.mark.parametrize("top_k", [1, 20, 500])
def test_shares_find_what_one_process_finds(corpus, files, top_k):
    handles = Here(), Here(), Here()
    spread, whole = spread_and_whole(corpus, *handles, files=files, top_k=top_k)
    assert spread == whole
    assert len(spread[0]) == min(top_k, len(whole[0]))
    counts = [len(handle.shares) for handle in handles]
    assert max(counts) - min(counts) <= 1
    assert len({share for handle in handles for share in handle.shares}) == sum(counts) > 1


def test_shares_with_faiss_files_are_searched_by_them(corpus, tmp_path, monkeypatch):
    shutil.copytree(corpus.path, tmp_path / "index")
    monkeypatch.setattr(index_types, "MIN_ROWS", 8)
    with Index.open(tmp_path / "index", writable=True) as index:
        index.set_type("hnsw")
    with spanwise.Corpus(tmp_path / "index", embedder=corpus.encoder.identity.name) as other:
        handle = Here()
        spread, whole = spread_and_whole(other, handle)
        assert spread == whole
        assert all(share.graph is not None for share in handle.shares)
        there = Here(elsewhere(monkeypatch))
        assert spread_and_whole(other, there)[0] == whole


def elsewhere(monkeypatch):
    """Return what loads a share where the index's folder is not; the machine that has it is this one."""
    monkeypatch.setattr(shares, "FETCHED_ROWS", 5)
    monkeypatch.setattr(shares, "FETCHED_BYTES", 1000)
    read = {}

    def from_owner(function, share, first, last):
        found = function(replace(share, folder=read[share.file]), first, last)
        if found is None:
            raise GoneError(share.file)
        return found

    def load(share):
        read[share.file] = share.folder
        return load_share(replace(share, folder=share.folder / "not here"))

    monkeypatch.setattr(shares, "_from_owner", from_owner)
    return load


def test_shares_are_fetched_where_the_index_is_not(corpus, monkeypatch):
    spread, whole = spread_and_whole(corpus, Here(elsewhere(monkeypatch)))
    assert spread == whole


def test_vectors_of_other_lengths_are_compared_by_cosine(tmp_path):
    from haystack import Document

    from spanwise.index.store import FaissDocumentStore

    store = FaissDocumentStore(tmp_path / "index", embedding_dim=4)
    chance = np.random.default_rng(0)
    store.write_documents(
        [
            Document(content=str(n), embedding=(vector * (n + 1)).tolist())
            for n, vector in enumerate(chance.random((40, 4)))
        ]
    )
    queries = chance.random((3, 4)).astype(np.float32)
    with Index.open(tmp_path / "index") as index, index.snapshot() as (connection, view):
        assert view.segments[0].norms is not None
        found = [
            load_share(part.share).search(queries / np.linalg.norm(queries, axis=1, keepdims=True), 40, part.dead, None)
            for part in shares.parts_of(connection, view, index.path, "node", None)
        ]
        from spanwise.index.vectors.search import top

        whole = top(view, queries / np.linalg.norm(queries, axis=1, keepdims=True), 40)
    for number, (ids, scores) in enumerate(whole):
        rows = np.concatenate([view.segments[0].ids[one[number][0]] for one in found])
        assert dict(zip(ids.tolist(), scores.tolist(), strict=True)) == dict(
            zip(rows.tolist(), np.concatenate([one[number][1] for one in found]).tolist(), strict=True)
        )


def test_a_share_that_a_commit_removed_is_searched_where_it_is_still_open(corpus):
    def gone(share):
        raise GoneError(share.file)

    spread, whole = spread_and_whole(corpus, Here(gone))
    assert spread == whole
    removed = replace(share_of(corpus), file="000001-00000000.f32", graph=("000001-00000000-00000000.faiss", 9, ""))
    assert shares.read_rows(removed, 0, 1) is None
    assert shares.read_part(removed, 0, 9) is None


@pytest.mark.parametrize("error", [TimeoutError, ActorDiedError])
def test_a_share_whose_process_is_not_there_is_searched_here(corpus, monkeypatch, error):
    class Dead(Here):
        def remote(self, share, *asked):
            self.shares.append(share)
            return self

        def result(self, timeout_s):
            raise error

    monkeypatch.setattr(spread_corpus, "BETWEEN", 0.0)
    dead, alive = Dead(), Here()
    spread, whole = spread_and_whole(corpus, dead, alive)
    assert spread == whole
    assert dead.shares
    assert alive.shares


def share_of(corpus):
    with corpus.index.snapshot() as (connection, view):
        return next(shares.parts_of(connection, view, corpus.path, "node", None)).share


def test_a_call_is_made_again_where_its_process_died():
    begun = []

    def begin():
        begun.append(len(begun))
        return Dying(fails=len(begun) < 3)

    assert Call(begin).result() == "done"
    assert begun == [0, 1, 2]
    with pytest.raises(SpanwiseError, match=f"its processes died {spread_corpus.TRIES} times"):
        Call(lambda: Dying(fails=True)).result()


class Dying:
    def __init__(self, *, fails):
        self.fails = fails

    def result(self, timeout_s):
        if self.fails:
            raise ActorDiedError
        return "done"


def test_a_call_that_takes_too_long_is_given_up(monkeypatch):
    class Slow:
        def result(self, timeout_s):
            raise TimeoutError

    with pytest.raises(TimeoutError, match="not answered by the cluster within 60 s"):
        Call(Slow).result()
