import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.index import Change, Index
from spanwise.index.vectors import search as search_module
from spanwise.index.vectors.search import top, unit_queries
from spanwise.index.vectors.segments import Segment, View


def view_of(vectors, parts, dead):
    """A view of `vectors`, spread over segments by `parts`, with the rows `dead` deleted."""
    segments = []
    for number in sorted(set(parts)):
        ids = np.flatnonzero(np.array(parts) == number)
        mine = vectors[ids]
        norms = np.sqrt((mine.astype(np.float64) ** 2).sum(axis=1)).astype(np.float32)
        gone = np.flatnonzero(np.isin(ids, list(dead)))
        segments.append(Segment(number, str(number), ids, norms, mine, gone))
    return View(1, tuple(segments))


def brute_force(vectors, query, allowed, top_k):
    rows = vectors[allowed].astype(np.float64)
    norms = np.sqrt((rows**2).sum(axis=1))
    scores = rows @ (query / np.linalg.norm(query)) / np.where(norms == 0, 1, norms)
    order = np.lexsort((allowed, -scores))[:top_k]
    return allowed[order], scores[order]


@st.composite
def problems(draw):
    rows = draw(st.integers(1, 60))
    seed = draw(st.integers(0, 2**32 - 1))
    vectors = np.random.default_rng(seed).standard_normal((rows, 5)).astype(np.float32)
    vectors *= draw(st.sampled_from([np.float32(1), np.float32(1e-3), np.float32(1e3)]))
    parts = draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows))
    dead = draw(st.sets(st.integers(0, rows - 1)))
    allowed = draw(st.none() | st.sets(st.integers(0, rows + 5)))
    return vectors, parts, dead, allowed, draw(st.integers(1, 70)), seed


@given(problems())
def test_top_is_brute_force(problem):
    vectors, parts, dead, allowed, top_k, seed = problem
    queries = np.random.default_rng(seed + 1).standard_normal((3, 5))
    chosen = None if allowed is None else np.array(sorted(allowed), dtype=np.int64)
    found = top(view_of(vectors, parts, dead), unit_queries(queries, 5), top_k, chosen)
    living = [row for row in range(len(vectors)) if row not in dead and (allowed is None or row in allowed)]
    for (ids, scores), query in zip(found, queries, strict=True):
        wanted_ids, wanted = brute_force(vectors, query, np.array(living, dtype=np.int64), top_k)
        assert scores == pytest.approx(wanted, abs=1e-6)
        assert set(ids) <= set(living)
        assert len(set(ids)) == len(wanted_ids)


@given(problems())
def test_neither_segments_nor_other_queries_change_a_result(problem):
    vectors, parts, dead, allowed, top_k, seed = problem
    queries = unit_queries(np.random.default_rng(seed).standard_normal((4, 5)), 5)
    chosen = None if allowed is None else np.array(sorted(allowed), dtype=np.int64)
    spread = top(view_of(vectors, parts, dead), queries, top_k, chosen)
    together = [top(view_of(vectors, [0] * len(vectors), dead), query[None], top_k, chosen)[0] for query in queries]
    for (ids, scores), (ids_alone, scores_alone) in zip(spread, together, strict=True):
        assert ids.tolist() == ids_alone.tolist()
        assert scores.tolist() == scores_alone.tolist()


def test_many_equal_vectors_come_in_the_order_they_were_added(monkeypatch):
    monkeypatch.setattr(search_module, "BLOCK_ROWS", 1024)
    vectors = np.tile(np.float32([[0.6, 0.8]]), (5000, 1))
    vectors[4000] = (0.8, 0.6)
    ((ids, scores),) = top(view_of(vectors, [i % 3 for i in range(5000)], {0}), unit_queries([[0.8, 0.6]], 2), 4)
    assert ids.tolist() == [4000, 1, 2, 3]
    assert scores == pytest.approx([1, 0.96, 0.96, 0.96], abs=1e-6)


def test_zero_vectors_score_zero():
    vectors = np.float32([[0, 0], [1, 0]])
    ((ids, scores),) = top(view_of(vectors, [0, 0], set()), unit_queries([[-1, 0]], 2), 2)
    assert (ids.tolist(), scores.tolist()) == ([0, 1], [0.0, -1.0])
    ((_, scores),) = top(view_of(vectors, [0, 0], set()), unit_queries([[0, 0]], 2), 2)
    assert scores.tolist() == [0.0, 0.0]


def test_a_search_is_the_same_before_and_after_segments_are_merged(tmp_path, embedder, make_change, unit_vectors):
    queries = unit_vectors(5, seed=99)
    with Index.create(tmp_path / "i", embedder=embedder) as index:
        for number in range(30):
            index.apply(make_change({f"{number}.txt": [f"text {number} {i}" for i in range(20)]}, seed=number))
        index.apply(Change(removed=[f"{number}.txt" for number in range(0, 30, 3)]))
        before = index.search(queries, 50)
        filtered = index.search(queries, 50, files="1*")
        index.compact()
        assert index.search(queries, 50) == before
        assert index.search(queries, 50, files="1*") == filtered
        assert len(list((index.path / "vectors").iterdir())) == 1
        assert index.verify() == []


def test_a_filtered_search_finds_the_few_that_match(tmp_path, embedder, make_change, unit_vectors):
    files = {f"{number}.txt": [f"text {number} {i}" for i in range(100)] for number in range(50)}
    change = make_change(files)
    with Index.create(tmp_path / "i", embedder=embedder) as index:
        index.apply(change)
        query = unit_vectors(1, seed=7)
        hits = index.search(query, 10, files="33.txt")[0]
    scores = change.vectors[3300:3400] @ query[0]
    assert [hit.score for hit in hits] == pytest.approx(np.sort(scores)[::-1][:10], abs=1e-6)
    assert {hit.passage.file for hit in hits} == {"33.txt"}
