import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spanwise.read.spans import best_token_spans, distinct_spans
from spanwise.types import Span

# Whole halves: sums are exact in float32 and float64 alike, so that ties are real ties.
LOGITS = st.integers(-60, 60).map(lambda number: number / 2)


@st.composite
def windows(draw):
    length = draw(st.integers(1, 24))
    return tuple(draw(arrays.arrays(np.float32, length, elements=LOGITS)) for _ in range(2))


def slow_spans(start, end, max_answer_length, top_k):
    """All spans, sorted; each is taken unless it shares a token with one taken before."""
    start, end = start.astype(np.float64), end.astype(np.float64)
    spans = [
        (-(start[first] + end[last]), first, last)
        for first in range(len(start))
        for last in range(first, min(first + max_answer_length, len(start)))
    ]
    taken = []
    for _, first, last in sorted(spans):
        if all(last < begin or stop < first for begin, stop in taken):
            taken.append((first, last))
    return taken[:top_k]


@given(windows(), st.integers(1, 30), st.integers(1, 30))
def test_best_spans_are_those_of_the_slow_decoder(logits, max_answer_length, top_k):
    found = best_token_spans(*logits, max_answer_length=max_answer_length, top_k=top_k)
    assert found == slow_spans(*logits, max_answer_length, top_k)


@given(windows(), st.integers(1, 30), st.integers(1, 30))
def test_spans_share_no_token_and_are_not_too_long(logits, max_answer_length, top_k):
    found = best_token_spans(*logits, max_answer_length=max_answer_length, top_k=top_k)
    tokens = [token for first, last in found for token in range(first, last + 1)]
    assert len(tokens) == len(set(tokens))
    assert all(0 <= last - first < max_answer_length for first, last in found)
    # Spans stop coming only when every token is taken.
    assert len(found) == top_k or len(tokens) == len(logits[0])


@given(windows(), st.integers(1, 10), st.integers(1, 10), st.integers(1, 10))
def test_a_larger_top_k_only_adds_spans(logits, max_answer_length, fewer, more):
    few, many = (
        best_token_spans(*logits, max_answer_length=max_answer_length, top_k=top_k) for top_k in (fewer, fewer + more)
    )
    assert many[: len(few)] == few


def test_the_end_never_stands_before_the_start():
    start = np.array([0, 0, 9], dtype=np.float32)
    end = np.array([9, 0, 0], dtype=np.float32)
    assert best_token_spans(start, end, max_answer_length=3, top_k=1) == [(0, 0)]


def test_the_logits_are_not_changed():
    start, end = np.ones(5, dtype=np.float32), np.ones(5, dtype=np.float32)
    best_token_spans(start, end, max_answer_length=2, top_k=3)
    assert start.tolist() == end.tolist() == [1.0] * 5


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 5, 1), (3, 8, 2)], [(3, 8)]),
        ([(0, 5, 1), (5, 8, 2)], [(5, 8), (0, 5)]),
        ([(0, 5, 1), (0, 5, 1)], [(0, 5)]),
        ([(4, 5, 1), (0, 2, 1)], [(0, 2), (4, 5)]),
        ([(0, 1, 1), (2, 3, 4), (4, 5, 2), (6, 7, 3)], [(2, 3), (6, 7), (4, 5)]),
        ([], []),
    ],
)
def test_distinct_spans(spans, expected):
    found = distinct_spans([Span(start, end, score, 0.0, 0.0) for start, end, score in spans], 3)
    assert [(span.start, span.end) for span in found] == expected


def test_distinct_spans_compares_margins_not_logits():
    # Two windows with different nulls: the second span has less logits, but a higher margin.
    low, high = Span(0, 3, 5.0, 5.0, 8.0), Span(1, 4, 2.0, 2.0, -1.0)
    assert distinct_spans([low, high], 2) == [high]
