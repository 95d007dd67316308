import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spanwise.index.vectors.segments import SMALL_SEGMENT, plan_merge


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
        assert len(segments) <= np.log2(max(total / SMALL_SEGMENT, 1)) + 3
        assert all(live * 2 > rows for rows, live in segments)


def test_a_million_vectors_in_small_commits_are_rewritten_seldom():
    written = most = 0
    for segments, rewritten in grow([(500, 0)] * 2000):
        written += rewritten
        most = max(most, len(segments))
    assert written < 12 * 1_000_000
    assert most <= 13


def test_nothing_is_rewritten_for_a_small_deletion():
    assert plan_merge([999, 40], [1000, 50], 0) == []


def test_a_small_addition_rewrites_small_segments_only():
    assert plan_merge([1_000_000, 300], [1_000_000, 300], 10) == [1]
