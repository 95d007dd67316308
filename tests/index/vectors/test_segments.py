import numpy as np
import pytest
from haystack import Document

from spanwise.index import FaissDocumentStore
from spanwise.index.vectors.segments import KEPT, LRUCache


def test_a_selection_is_made_once_and_the_oldest_is_forgotten():
    remembered, made = LRUCache(), []

    def select(number):
        made.append(number)
        return np.array([number])

    for number in [*range(KEPT), 0, KEPT, 0, 1]:
        assert remembered.get(str(number), lambda number=number: select(number)).tolist() == [number]
    assert made == [*range(KEPT), KEPT, 1]


def test_a_failed_selection_is_not_remembered():
    remembered = LRUCache()

    def fail():
        raise KeyError("no such field")

    with pytest.raises(KeyError, match="no such field"):
        remembered.get("a", fail)
    assert remembered.get("a", lambda: np.array([3])).tolist() == [3]


def test_a_caller_cannot_change_what_is_remembered():
    found = LRUCache().get("a", lambda: np.array([1, 2]))
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 5


def test_every_commit_is_seen_by_the_same_filter(tmp_path):
    store, other = FaissDocumentStore(tmp_path / "s"), FaissDocumentStore(tmp_path / "s")
    red = {"field": "meta.color", "operator": "==", "value": "red"}
    store.write_documents([Document(id="a", content="x", meta={"color": "red"}, embedding=[1.0, 0.0])])
    assert [hit.id for hit in other.embedding_retrieval([1.0, 0.0], filters=red)] == ["a"]
    store.write_documents([Document(id="b", content="y", meta={"color": "red"}, embedding=[0.0, 1.0])])
    assert [hit.id for hit in other.embedding_retrieval([1.0, 0.0], filters=red)] == ["a", "b"]
    store.update_by_filter({"field": "id", "operator": "==", "value": "a"}, {"color": "blue"})
    assert [hit.id for hit in other.embedding_retrieval([1.0, 0.0], filters=red)] == ["b"]
