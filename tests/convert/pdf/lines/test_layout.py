"""Gaps between a page's words, and the places where several lines have one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spanwise.convert.pdf.lines.layout import Gaps, gaps_of, gutters_of


def test_gaps_are_wider_than_a_line_is_high_and_stand_between_words_of_one_line():
    rectangles = [
        [10, 20, 30, 10],
        [33, 20, 40, 10],  # a space
        [60, 20, 90, 10],  # 20 points from the one before: a gap
        [10, 8, 30, -2],  # the next line
        [60, 30, 90, 20],  # higher than the one before
    ]
    gaps = gaps_of(np.array(rectangles, float))
    assert [some.tolist() for some in gaps] == [[2], [40.0], [60.0]]


def test_a_page_without_rectangles_has_no_gaps():
    assert gutters_of(gaps_of(np.empty((0, 4)))) == []


edges = st.tuples(st.integers(0, 60), st.integers(2, 20)).map(lambda pair: (float(pair[0]), float(sum(pair))))


@given(st.lists(edges, max_size=40))
def test_gutters_are_where_three_lines_have_a_gap(pairs):
    left, right = np.array(pairs, float).reshape(-1, 2).T
    gutters = gutters_of(Gaps(np.arange(len(pairs)), left, right))
    assert gutters == sorted(gutters)
    for gutter in gutters:
        assert sum(begin < gutter < end for begin, end in pairs) >= 3
    # Each gap belongs to the first end that it holds; so do those that make no gutter.
    rest, expected = sorted(pairs, key=lambda pair: pair[1]), []
    while rest:
        place = rest[0][1] - 0.01
        here = [begin for begin, end in rest if begin < place < end]
        expected += [(max(here) + place) / 2] if len(here) >= 3 else []
        rest = [(begin, end) for begin, end in rest if not begin < place < end]
    assert gutters == expected
