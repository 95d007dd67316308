import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.retrieve.retriever import LEXICAL_WEIGHT, UNSEEN, fuse, fused_scores
from spanwise.types import Hit, Passage

RANKING = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1), max_size=8).map(
    lambda scores: sorted(scores.items(), key=lambda entry: -entry[1])
)


def hits(**scores):
    return [Hit(Passage(f"{name}.txt", 0, 1, f"text of {name}"), score) for name, score in scores.items()]


def files(found):
    return [hit.passage.file for hit in found]


def test_a_score_is_the_cosine_and_a_share_of_bm25():
    scores = dict(fused_scores([("a", 8.0), ("b", 4.0)], [("b", 0.6), ("a", 0.5), ("c", 0.4)]))
    assert scores == {
        "a": pytest.approx(0.5 + 8 * LEXICAL_WEIGHT),
        "b": pytest.approx(0.6 + 4 * LEXICAL_WEIGHT),
        "c": pytest.approx(0.4),
    }
    weighed = fused_scores([("a", 8.0)], [("b", 0.6), ("a", 0.5)], lexical_weight=0.0)
    assert weighed == [("b", 0.6), ("a", 0.5)]


def test_what_only_words_found_lies_below_the_lowest_of_the_others():
    dense = [("a", 0.9), ("b", 0.7)]
    scores = dict(fused_scores([("x", 8.0), ("y", 3.0)], dense))
    assert scores["x"] == pytest.approx(0.7 - UNSEEN + 8 * LEXICAL_WEIGHT)
    assert scores["y"] < scores["b"] < scores["x"] < scores["a"]
    assert fused_scores([("x", 8.0)], []) == [("x", pytest.approx(8 * LEXICAL_WEIGHT))]


@given(RANKING, RANKING)
def test_everything_found_is_ranked_once(lexical, dense):
    ranked = fused_scores(lexical, dense)
    assert sorted(name for name, _ in ranked) == sorted({name for name, _ in (*lexical, *dense)})
    assert [score for _, score in ranked] == sorted((score for _, score in ranked), reverse=True)


@given(RANKING, RANKING)
def test_a_higher_cosine_never_ranks_lower(lexical, dense):
    before = [name for name, _ in fused_scores(lexical, dense)]
    for name, score in dense[1:]:
        raised = sorted(({**dict(dense), name: score + 0.5}).items(), key=lambda entry: -entry[1])
        after = [other for other, _ in fused_scores(lexical, raised)]
        assert set(after[: after.index(name)]) <= set(before[: before.index(name)])


def test_one_search_alone_keeps_its_order():
    found = hits(a=0.9, b=0.5, c=0.1)
    assert fuse([], found, 5) == found
    assert files(fuse(found, [], 5)) == ["a.txt", "b.txt", "c.txt"]
    assert fuse([], [], 5) == []


def test_no_more_than_asked_for():
    assert files(fuse([], hits(a=0.9, b=0.5, c=0.1), 2)) == ["a.txt", "b.txt"]


def test_passages_of_the_same_words_are_one_hit_with_copies():
    tails = [
        Hit(Passage(f"{name}.html", 10 * number, 10 * number + 4, "Tail"), 0.8) for number, name in enumerate("pqr")
    ]
    found = fuse([], [*tails, *hits(a=0.5)], 2)
    assert files(found) == ["p.html", "a.txt"]
    assert found[0].copies == tuple(hit.passage for hit in tails[1:])
    assert found[1].copies == ()


def test_words_that_are_found_nowhere_change_nothing():
    found = hits(a=0.9, b=0.5)
    assert files(fuse([Hit(found[1].passage, 0.0)], found, 5)) == ["a.txt", "b.txt"]
