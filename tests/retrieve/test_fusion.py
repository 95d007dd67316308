import pytest
from haystack import Document
from haystack.components.joiners import DocumentJoiner
from hypothesis import given
from hypothesis import strategies as st

from spanwise.retrieve.fusion import fuse
from spanwise.types import Hit, Passage

RANKINGS = st.lists(st.lists(st.integers(0, 15), unique=True, max_size=12), min_size=1, max_size=4)


def hits(numbers):
    return [Hit(Passage(f"{number}.txt", 0, 1, "x"), 1 / (rank + 1)) for rank, number in enumerate(numbers)]


@given(RANKINGS, st.integers(1, 20))
def test_fusion_is_that_of_haystack(rankings, top_k):
    found = fuse([hits(numbers) for numbers in rankings], top_k)
    documents = [[Document(id=hit.passage.id, content="x") for hit in hits(numbers)] for numbers in rankings]
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=top_k)
    expected = joiner.run(documents)["documents"]
    assert [hit.passage.id for hit in found] == [document.id for document in expected]
    assert [hit.score for hit in found] == pytest.approx([document.score for document in expected], abs=1e-12)


def test_what_leads_every_ranking_scores_one():
    best, *rest = fuse([hits([1, 2]), hits([1, 3]), hits([1])], 5)
    assert (best.passage.file, best.score) == ("1.txt", pytest.approx(1))
    assert all(0 < hit.score < 1 for hit in rest)


def test_equal_ones_keep_the_order_in_which_they_appear():
    assert [hit.passage.file for hit in fuse([hits([5, 1]), hits([2, 9])], 4)] == ["5.txt", "2.txt", "1.txt", "9.txt"]


def test_nothing_to_fuse():
    assert fuse([], 5) == []
    assert fuse([[], []], 5) == []


def test_the_rankings_are_not_changed():
    ranking = hits([1, 2])
    fuse([ranking, ranking], 5)
    assert ranking == hits([1, 2])
