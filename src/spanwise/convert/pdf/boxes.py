"""The rectangles around a page's words, and the gutters between them."""

from ctypes import c_double
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spanwise.convert.pdf.characters import Quads, unchecked

_GAP = 1.2  # heights of the line; what is wider may part columns
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
    return _rectangles().of(text_page, range(min(rectangles, _MOST_RECTANGLES)))


@cache
def _rectangles() -> Quads:
    return Quads("FPDFText_GetRect", c_double)


def stand_beside(found: NDArray[np.float64]) -> NDArray[np.bool_]:
    """
    Return which rectangles have the next one on the same line to the right, beyond a gap that may part columns.

    :returns: *Shape:* (n - 1,).
    """
    left, top, right, bottom = found.T
    gap, heights = left[1:] - right[:-1], top - bottom
    height = np.minimum(heights[:-1], heights[1:])
    is_level = np.minimum(top[:-1], top[1:]) - np.maximum(bottom[:-1], bottom[1:]) > height / 2
    beside: NDArray[np.bool_] = (gap > _GAP) & (gap > _GAP * height) & is_level
    return beside


def gutters_of(found: NDArray[np.float64]) -> list[float]:
    """Return the places, from left to right, at which several lines have a wide gap."""
    beside = np.flatnonzero(stand_beside(found))
    if len(beside) < _FEWEST_GAPS:
        return []
    gaps = list(zip(found[beside, 2].tolist(), found[beside + 1, 0].tolist(), strict=True))
    gaps.sort(key=itemgetter(1))
    gutters = []
    while gaps:
        place = gaps[0][1] - 0.01
        here = [gap for gap in gaps if gap[0] < place < gap[1]]
        if len(here) >= _FEWEST_GAPS:
            gutters.append((max(gap[0] for gap in here) + place) / 2)
        gaps = [gap for gap in gaps if not gap[0] < place < gap[1]] if here else gaps[1:]
    return gutters
