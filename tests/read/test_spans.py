import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.read import spans as spans_module
from spanwise.read.spans import ScoredWindow, best_spans

# Whole halves: sums are exact in float64, so that ties are real ties.
LOGITS = st.integers(-60, 60).map(lambda number: number / 2)


def bounds(begins, ends, says, blocks):
    """Where an answer from each token may end: from the first token on that says something, within its block."""
    earliest, latest = [], []
    for first, begin in enumerate(begins):
        words = (ends[last] for last in range(first, len(ends)) if says[last] and ends[last] > begin)
        earliest.append(next(words, 1000))
        latest.append(max(ends[last] for last in range(len(ends)) if blocks[last] == blocks[first]))
    return earliest, latest


@st.composite
def texts(draw):
    """The windows of one text: its tokens stand apart, share a character, or hold none; some are punctuation."""
    begins, ends, place = [], [], 0
    says, blocks = [], []
    for _ in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from(["word", "word", "again", "blank"]))
        if kind == "again" and begins:
            begins.append(begins[-1])
            ends.append(ends[-1])
        elif kind == "blank":
            begins.append(place + 1)
            ends.append(place)
            place += 1
        else:
            begins.append(place)
            place += draw(st.integers(1, 3))
            ends.append(place)
            place += draw(st.integers(0, 1))
        says.append(draw(st.sampled_from([True, True, True, False])))
        blocks.append((blocks[-1] if blocks else 0) + draw(st.sampled_from([0, 0, 0, 1])))
    earliest, latest = bounds(begins, ends, says, blocks)
    found = []
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(begins) - 1))
        end = draw(st.integers(begin + 1, len(begins)))
        start_logits, end_logits = (
            np.array(draw(st.lists(LOGITS, min_size=end - begin, max_size=end - begin))) for _ in range(2)
        )
        places = (np.array(values[begin:end], dtype=np.int64) for values in (begins, ends, earliest, latest))
        found.append(ScoredWindow(start_logits, end_logits, *places, draw(LOGITS)))
    return found


def slow_spans(windows, max_answer_length, top_k):
    """All spans of all windows, sorted; each is taken unless it shares a character with one taken before."""
    spans = [
        (-(window.start[first] + window.end[last] - window.null), number, first, last)
        for number, window in enumerate(windows)
        for first in range(len(window.start))
        for last in range(first, min(first + max_answer_length, len(window.start)))
        if window.earliest[first] <= window.ends[last] <= window.latest[first]
    ]
    taken = []
    for margin, number, first, last in sorted(spans):
        begin, end = windows[number].begins[first], windows[number].ends[last]
        if all(end <= other[1] or other[2] <= begin for other in taken):
            taken.append((number, begin, end, -margin))
    return taken[:top_k]


def found_spans(windows, **settings):
    return [(number, span.start, span.end, span.margin) for number, span in best_spans(windows, **settings)]


@pytest.mark.parametrize("grids_at_once", [0, 1, 64])
@given(windows=texts(), max_answer_length=st.integers(1, 16), top_k=st.integers(1, 16))
def test_best_spans_are_those_of_the_slow_decoder(grids_at_once, windows, max_answer_length, top_k):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans_module, "GRIDS_AT_ONCE", grids_at_once)
        found = found_spans(windows, max_answer_length=max_answer_length, top_k=top_k)
    assert found == slow_spans(windows, max_answer_length, top_k)


@given(texts(), st.integers(1, 16), st.integers(1, 16), LOGITS)
def test_a_floor_leaves_out_what_is_below(windows, max_answer_length, top_k, floor):
    settings = {"max_answer_length": max_answer_length, "top_k": top_k}
    expected = [span for span in found_spans(windows, **settings) if span[-1] >= floor]
    assert found_spans(windows, **settings, floor=floor) == expected


@given(texts(), st.integers(1, 10), st.integers(1, 10), st.integers(1, 10))
def test_a_larger_top_k_only_adds_spans(windows, max_answer_length, fewer, more):
    few, many = (
        found_spans(windows, max_answer_length=max_answer_length, top_k=top_k) for top_k in (fewer, fewer + more)
    )
    assert many[: len(few)] == few


@given(texts(), st.integers(1, 16))
def test_spans_share_no_character_and_end_only_when_every_word_is_taken(windows, max_answer_length):
    found = found_spans(windows, max_answer_length=max_answer_length, top_k=1000)
    assert all(one[2] <= other[1] for one, other in pairwise(sorted(found, key=lambda span: span[1])))
    for window in windows:
        for begin, end, earliest, latest in zip(
            window.begins, window.ends, window.earliest, window.latest, strict=True
        ):
            allowed = earliest <= end <= latest
            assert not allowed or any(begin < span[2] and span[1] < end for span in found)


def one_window(start, end, null=0.0, *, null_answer=True):
    places = np.arange(len(start)) * 2
    ends, latest = places + 1, np.full(len(start), 2 * len(start))
    return ScoredWindow(np.array(start, float), np.array(end, float), places, ends, ends, latest, null, null_answer)


def test_the_end_never_stands_before_the_start():
    ((_, span),) = best_spans([one_window([0, 0, 9], [9, 0, 0])], max_answer_length=3, top_k=1)
    assert (span.start, span.end) == (0, 1)


def test_a_span_has_its_logits_and_its_windows_null():
    windows = [one_window([1, 2, 3], [4, 5, 6], 7.0), one_window([9, 0, 0], [0, 0, 8], 9.5)]
    ((number, span),) = best_spans(windows, max_answer_length=3, top_k=1)
    assert (number, span.start, span.end) == (1, 0, 5)
    assert (span.start_logit, span.end_logit, span.null_logit, span.margin) == (9.0, 8.0, 9.5, 7.5)


def test_margins_count_and_not_logits_where_windows_differ_in_null():
    low, high = one_window([5, 0], [5, 0], 8.0), one_window([2, 0], [0, 2], -1.0)
    ((number, span), *_) = best_spans([low, high], max_answer_length=2, top_k=2)
    assert (number, span.margin) == (1, 5.0)


def test_the_logits_are_not_changed():
    window = one_window([1, 1, 1], [1, 1, 1])
    best_spans([window], max_answer_length=2, top_k=3)
    assert window.start.tolist() == window.end.tolist() == [1.0] * 3


@given(st.lists(st.tuples(LOGITS, LOGITS), min_size=1, max_size=8), st.integers(1, 8))
def test_without_a_null_answer_the_margin_is_the_log_odds_of_the_softmax(logits, max_answer_length):
    start, end = np.array(logits).T
    total = float(np.logaddexp.reduce(start) + np.logaddexp.reduce(end))
    window = one_window(start, end, total, null_answer=False)
    found = best_spans([window], max_answer_length=max_answer_length, top_k=10)
    for _, span in found:
        first, last = span.start // 2, (span.end - 1) // 2
        others = [start[i] + end[j] for i in range(len(start)) for j in range(len(end)) if (i, j) != (first, last)]
        rest = np.logaddexp.reduce(others) if others else -math.inf
        expected = min(start[first] + end[last] - rest, 36.7)
        # A logit of 60 is known to 7e-15, and so is one minus the probability, which is exp(-margin).
        assert span.margin == pytest.approx(expected, abs=max(1e-4, 3e-14 * math.exp(expected)))
    # The order is that of the logits alone.
    plain = best_spans([one_window(start, end)], max_answer_length=max_answer_length, top_k=1)
    assert found[0][1].start_logit + found[0][1].end_logit == plain[0][1].start_logit + plain[0][1].end_logit
