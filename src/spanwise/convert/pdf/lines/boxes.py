"""The rectangles around a page's words, and the gutters between them."""

from bisect import bisect_left
from ctypes import c_double
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spanwise.convert.pdf.lines.characters import numbers
from spanwise.convert.pdf.lines.functions import unchecked

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

    :param text_page: PDFium's text page.
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
