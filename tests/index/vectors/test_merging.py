import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.index import Change, Index
from spanwise.index.vectors import merging
from spanwise.index.vectors.merging import LARGEST_SEGMENT, SMALL_SEGMENT, plan_compaction, plan_merge
from whole import problems_of


def grow(steps):
    """Apply (added, deleted share) steps to segment sizes; yield (segments as [rows, live], rows rewritten)."""
    segments = []
    for added, share in steps:
        for segment in segments:
            segment[1] -= int(segment[1] * share)
        chosen = plan_merge([live for _, live in segments], [rows for rows, _ in segments], added)
        rewritten = sum(segments[i][1] for i in chosen)
        if chosen or added:
            segments = [segment for i, segment in enumerate(segments) if i not in chosen]
            if added + rewritten:
                segments.append([added + rewritten] * 2)
        yield segments, rewritten


@given(st.lists(st.tuples(st.integers(0, 100_000), st.sampled_from([0, 0, 0, 0.01, 0.3, 0.6])), max_size=60))
def test_there_are_few_segments_and_little_is_dead(steps):
    for segments, _ in grow(steps):
        total = sum(rows for rows, _ in segments)
        large = 2 * total / LARGEST_SEGMENT
        assert len(segments) <= np.log2(max(min(total, LARGEST_SEGMENT) / SMALL_SEGMENT, 1)) + 3 + large
        assert all(live * 2 > rows for rows, live in segments)


def test_a_million_vectors_in_small_commits_are_rewritten_seldom():
    written = most = 0
    for segments, rewritten in grow([(500, 0)] * 2000):
        written += rewritten
        most = max(most, len(segments))
        assert max(rows for rows, _ in segments) <= LARGEST_SEGMENT
    assert written < 12 * 1_000_000
    assert most <= 8 + 2 * 1_000_000 / LARGEST_SEGMENT


def test_nothing_is_rewritten_for_a_small_deletion():
    assert plan_merge([999, 40], [1000, 50], 0) == []


def test_a_small_addition_rewrites_small_segments_only():
    assert plan_merge([1_000_000, 300], [1_000_000, 300], 10) == [1]


def test_compaction_has_nothing_to_do_where_no_row_is_dead_and_there_are_few_segments():
    assert plan_compaction([], []) == []
    assert plan_compaction([5], [5]) == []
    assert plan_compaction([4, 5], [4, 5]) == [0, 1]
    assert plan_compaction([4], [5]) == [0]
    assert plan_compaction([200_000] * 4, [200_000] * 4) == []
    assert plan_compaction([100_000] * 4, [100_000] * 4) == [0, 1, 2, 3]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(merging, "SMALL_SEGMENT", 16)
    monkeypatch.setattr(merging, "LARGEST_SEGMENT", 100)


def rows_of(folder):
    with Index.open(folder) as index, index.snapshot() as (_, view):
        return {segment.name: (segment.live, len(segment.ids)) for segment in view.segments}


def test_no_segment_is_larger_than_the_largest(index, make_change, small):
    index.apply(make_change({"a.txt": [f"zebra {i}" for i in range(250)]}))
    assert [rows for _, rows in rows_of(index.path).values()] == [84, 83, 83]
    for number in range(12):
        index.apply(make_change({f"{number}.txt": [f"port {number} {i}" for i in range(17)]}, seed=number + 1))
        assert max(rows for _, rows in rows_of(index.path).values()) <= 100
    index.apply(Change(removed=["3.txt", "a.txt"]))
    index.compact()
    after = rows_of(index.path)
    assert [*after.values()] == [(94, 94), (93, 93)]
    index.compact()
    assert rows_of(index.path) == after
    with index.snapshot() as (connection, view):
        ids = [number for (number,) in connection.execute("SELECT id FROM documents ORDER BY id")]
        vectors = np.array([*view.gather(ids).values()])
    queries = vectors[[0, 100, 186]]
    found = [[hit.score for hit in hits] for hits in index.search(queries, 5)]
    assert np.allclose(found, -np.sort(-(queries @ vectors.T))[:, :5], atol=1e-6)
    assert problems_of(index.path) == []
