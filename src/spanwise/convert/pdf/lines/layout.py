"""The rectangles around a page's words, the gutters between them, and the lines out of the order of reading."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from ctypes import c_double
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from spanwise.convert.pdf.lines.characters import numbers
from spanwise.convert.pdf.lines.functions import unchecked

FEWEST_ROWS = 3  # of a table, and of lines side by side
_FEWEST_CELLS = 3  # of a row that may go over a gutter: it may be that of another table on the page
_GAP = 1.2  # heights of the line, or points; what is wider may part columns
_FEWEST_GAPS = 3  # at one place
_MOST_RECTANGLES = 5000  # of one page


class Box(NamedTuple):
    """A rectangle of a page, in points from its lower left corner."""

    left: float
    top: float
    right: float
    bottom: float


def boxes(text_page: Any, start: int = 0, count: int = -1) -> NDArray[np.float64]:
    """
    Return the rectangles around characters that belong together, in their order.

    :param start: The first character's place.
    :param count: How many characters; -1 for all.
    :returns: *Shape:* (n, 4), as a `Box`.
    """
    rectangles = unchecked("FPDFText_CountRects")(text_page, start, count)
    return numbers("FPDFText_GetRect", c_double).of(text_page, range(min(rectangles, _MOST_RECTANGLES)))


class Gaps(NamedTuple):
    """The gaps on a page's lines that may part columns; the shape of each array is (n,)."""

    behind: NDArray[np.intp]  # the place of the rectangle to its right, among the rectangles
    left: NDArray[np.float64]
    right: NDArray[np.float64]


def gaps_of(found: NDArray[np.float64]) -> Gaps:
    """
    Return the gaps between rectangles that follow one another on a line.

    :param found: Rectangles. *Shape:* (n, 4), as a `Box`.
    """
    left, top, right, bottom = found.T
    width, heights = left[1:] - right[:-1], top - bottom
    height = np.minimum(heights[1:], heights[:-1])
    level = np.minimum(top[1:], top[:-1]) - np.maximum(bottom[1:], bottom[:-1])
    before = np.flatnonzero((width > _GAP * np.maximum(height, 1)) & (level > height / 2))
    return Gaps(before + 1, right[before], left[before + 1])


def gutters_of(gaps: Gaps) -> list[float]:
    """Return the places, from left to right, at which several lines have a gap."""
    if len(gaps.left) < _FEWEST_GAPS:
        return []
    order = gaps.left.argsort()
    lefts = gaps.left[order].tolist()
    # The right side of whichever gap ends first, of those that do not begin before each.
    ends_first = np.minimum.accumulate(gaps.right[order][::-1])[::-1].tolist()
    gutters, at = [], 0
    while at < len(lefts):
        place = ends_first[at] - 0.01
        end = bisect_left(lefts, place)
        if end - at >= _FEWEST_GAPS:
            gutters.append((lefts[end - 1] + place) / 2)
        at = end
    return gutters


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Where the groups of a page's rectangles stand among its columns: those of one line in one column.

    :param lines: The line of each group. *Shape:* (groups,).
    :param columns: The column that each stands in, from the left. *Shape:* (groups,).
    :param boxes: The first rectangle of each, as a `Box`. *Shape:* (groups, 4).
    :param is_in_columns: Whether a line keeps to columns: few of its groups go over a gutter. *Shape:* (lines,).
    :param may_be_sorted: Whether it is among lines that keep to columns and are more than lines one below the other:
        some go back to a column before, or there are rows of as many cells. *Shape:* (lines,).
    :param is_rising: Whether a line's rectangles stand from left to right. *Shape:* (lines,).
    """

    lines: NDArray[np.intp]
    columns: NDArray[np.intp]
    boxes: NDArray[np.float64]
    is_in_columns: NDArray[np.bool_]
    may_be_sorted: NDArray[np.bool_]
    is_rising: NDArray[np.bool_]

    @classmethod
    def of(cls, found: NDArray[np.float64], gaps: Gaps, gutters: list[float], ends: list[int]) -> Self:
        """
        Return the layout of some lines, of which at least one has a rectangle.

        :param found: The rectangles. *Shape:* (n, 4), as a `Box`.
        :param gutters: The places between columns, from left to right.
        :param ends: Up to which rectangle each line goes.
        """
        is_first = np.zeros(len(found) + 1, np.bool_)
        is_first[[0, *ends]] = True  # also where a line has none: the next one begins there
        begins = is_first.copy()
        is_first[gaps.behind[np.searchsorted(gutters, gaps.left) < np.searchsorted(gutters, gaps.right)]] = True
        groups = np.flatnonzero(is_first[:-1])
        firsts = found[groups]
        columns = np.searchsorted(gutters, firsts[:, 0])
        is_over = np.searchsorted(gutters, np.maximum.reduceat(found[:, 2], groups) - 1) != columns
        lines = np.searchsorted(ends, groups, "right")
        counts = np.bincount(lines, minlength=len(ends))
        over = np.bincount(lines[is_over], minlength=len(ends))
        is_in = (counts >= _FEWEST_CELLS) | ((counts > 0) & (over == 0))
        is_rising = np.ones(len(ends), np.bool_)
        falls = 1 + np.flatnonzero((found[1:, 0] <= found[:-1, 0]) & ~begins[1:-1])
        is_rising[np.searchsorted(ends, falls, "right")] = False
        return cls(lines, columns, firsts, is_in, _may_be_sorted(is_in, counts, lines, columns), is_rising)


def _may_be_sorted(
    is_in: NDArray[np.bool_], counts: NDArray[np.intp], lines: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return which lines may not stand in the order of reading, by which are in columns, and each one's groups."""
    begins = is_in.copy()
    begins[1:] &= ~is_in[:-1]
    blocks = np.cumsum(begins)
    of_group, is_inside = blocks[lines], is_in[lines]
    goes_back = is_inside[1:] & is_inside[:-1] & (of_group[1:] == of_group[:-1]) & (columns[1:] < columns[:-1])
    sortable = np.bincount(of_group[1:][goes_back], minlength=blocks[-1] + 1) >= FEWEST_ROWS - 1
    has_cells = is_in & (counts > 1)
    as_before = has_cells[1:] & has_cells[:-1] & (counts[1:] == counts[:-1])
    sortable[blocks[2:][as_before[1:] & as_before[:-1]]] = True
    may_be: NDArray[np.bool_] = is_in & sortable[blocks]
    return may_be


def boxes_by_line(
    text_page: Any, lines: Sequence[re.Match[str]], found: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[int]]:
    """
    Return rectangles of which none goes over a line's end, and up to which of them each line goes.

    :param found: Those of the page, which may do so.
    """
    count = unchecked("FPDFText_CountRects")
    starts = [line.start() for line in lines]
    lengths = [len(line[0]) for line in lines]
    ends = list(accumulate(map(count, repeat(text_page), starts, lengths)))
    if not ends or ends[-1] == len(found):
        return found, ends
    each = [boxes(text_page, start, length) for start, length in zip(starts, lengths, strict=True)]
    return np.concatenate(each), list(accumulate(map(len, each)))
