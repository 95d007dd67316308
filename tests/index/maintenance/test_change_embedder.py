"""An index goes over to another embedder as a whole, or stays as it was."""

from dataclasses import replace

import numpy as np
import pytest

from crash import die_at
from spanwise.errors import IndexStateError
from spanwise.index import Change, Index
from spanwise.index.records import Row
from spanwise.types import EmbedderIdentity

OTHER = EmbedderIdentity("other", "cd" * 32, 6, normalized=True, max_tokens=64)
POINTS = ["vectors written", "vectors renamed", "before commit", "after commit", "old vectors removed"]


@pytest.fixture
def other(encode):
    """An embedder with vectors of six numbers."""

    def embed(texts):
        vectors = encode(texts)[:, :6]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return embed


@pytest.fixture
def with_texts(filled):
    """An index whose documents all have a text."""
    with Index.open(filled, writable=True) as index:
        index.apply(Change(removed_ids=[f"free{number}" for number in range(20)]))
    return filled


def change(folder, encode):
    with Index.open(folder, writable=True) as index:
        index.change_embedder(OTHER, encode)


def texts_of(index):
    return {passage.id: passage.text for file in index.files() for passage in index.passages_of(file)}


def test_every_text_has_the_vector_of_the_new_embedder(with_texts, other):
    with Index.open(with_texts) as index:
        before, words = texts_of(index), [hit.passage.id for hit in index.lexical("word3 word77", 30)]
    change(with_texts, other)
    with Index.open(with_texts) as index:
        assert (index.embedder, index.dimension, texts_of(index)) == (OTHER, 6, before)
        assert [hit.passage.id for hit in index.lexical("word3 word77", 30)] == words
        assert index.examine().findings == ()
        assert index.summary().structures > 0
        for name, text in [*before.items()][::17]:
            (hits,) = index.search(other([text]), 1)
            assert (hits[0].passage.id, round(hits[0].score, 4)) == (name, 1)


def test_a_reader_of_the_generation_before_goes_on(with_texts, other, encode):
    with Index.open(with_texts) as index, index.pinned() as snapshot:
        (before,) = snapshot.search(encode(["a query"]), 5)
        change(with_texts, other)
        assert snapshot.search(encode(["a query"]), 5) == [before]


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_it_is_the_old_index_or_the_new_one(with_texts, other, everything_of, point):
    with Index.open(with_texts) as index:
        before = everything_of(index)
    die_at(point, lambda: change(with_texts, other))
    with Index.open(with_texts) as index:
        if index.embedder == OTHER:
            assert point in {"after commit", "old vectors removed"}
        else:
            assert everything_of(index) == before
    change(with_texts, other)
    with Index.open(with_texts) as index:
        assert index.embedder == OTHER
        assert index.examine().findings == ()


def test_a_vector_without_a_text_is_not_lost(filled, other, everything_of):
    with Index.open(filled, writable=True) as index:
        index.apply(Change(rows=[Row("bare", None, True)], vectors=np.eye(1, index.dimension, dtype=np.float32)))
        before = everything_of(index)
        with pytest.raises(IndexStateError, match="found 1 document without one"):
            index.change_embedder(OTHER, other)
        assert everything_of(index) == before


def test_vectors_that_are_not_as_promised_change_nothing(with_texts, encode, everything_of):
    with Index.open(with_texts, writable=True) as index:
        before = everything_of(index)
        with pytest.raises(IndexStateError, match="expected vectors of shape"):
            index.change_embedder(OTHER, encode)
        index.set_type("PQ8")
        with pytest.raises(ValueError, match="PQ"):
            index.change_embedder(replace(OTHER, dimension=7), encode)
        index.set_type("hnsw")
        assert everything_of(index) == before
