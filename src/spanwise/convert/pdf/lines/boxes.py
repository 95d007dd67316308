"""The rectangles around a page's words, and the gutters between them."""

from ctypes import c_double
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spanwise.convert.pdf.lines.characters import Quads
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
    return _rectangles().of(text_page, range(min(rectangles, _MOST_RECTANGLES)))


@cache
def _rectangles() -> Quads:
    return Quads("FPDFText_GetRect", c_double)


class Gap(NamedTuple):
    """A gap on a line that may part columns."""

    behind: int  # the place of the rectangle to its right, among the rectangles
    left: float
    right: float


def gaps_of(found: NDArray[np.float64]) -> list[Gap]:
    """
    Return the gaps between rectangles that follow one another on a line.

    :param found: Rectangles. *Shape:* (n, 4), as a `Box`.
    """
    gaps: list[Gap] = []
    right, top, bottom = float("inf"), 0.0, 0.0  # of the rectangle before
    # In numpy, each page takes twice as long.
    for behind, (left, top_behind, right_behind, bottom_behind) in enumerate(found.tolist()):
        if left - right > _GAP:
            height = min(top - bottom, top_behind - bottom_behind)
            level = min(top, top_behind) - max(bottom, bottom_behind)
            if left - right > _GAP * height and level > height / 2:
                gaps.append(Gap(behind, right, left))
        right, top, bottom = right_behind, top_behind, bottom_behind
    return gaps


def gutters_of(gaps: list[Gap]) -> list[float]:
    """Return the places, from left to right, at which several lines have a gap."""
    if len(gaps) < _FEWEST_GAPS:
        return []
    rest = sorted(gaps, key=attrgetter("right"))
    gutters = []
    while rest:
        place = rest[0].right - 0.01
        here = [gap.left for gap in rest if gap.left < place < gap.right]
        if len(here) >= _FEWEST_GAPS:
            gutters.append((max(here) + place) / 2)
        rest = [gap for gap in rest if not gap.left < place < gap.right] if here else rest[1:]
    return gutters
