"""Lines of a PDF's page that keep to columns, and where in its text their cells begin and end."""

import re
from bisect import bisect_left
from functools import cached_property
from itertools import repeat
from typing import NamedTuple

from spanwise.convert.pdf.lines.characters import Places

_WORD = re.compile(r"\S+")
_SAME_PLACE = 0.01  # points

Span = tuple[int, int]


class Row(NamedTuple):
    """
    A line that keeps to columns.

    :param span: Where it begins and ends in the page's text.
    :param columns: The column of each cell, from the left.
    :param boxes: The first rectangle of each, as a `Box`.
    :param is_rising: Whether its rectangles stand from left to right.
    """

    span: Span
    columns: tuple[int, ...]
    boxes: tuple[list[float], ...]
    is_rising: bool


def stripped(text: str, span: Span) -> Span:
    """Return where the words in a part of a text begin and end."""
    begin, end = span
    rest = text[begin:end].lstrip()
    return end - len(rest), end - len(rest) + len(rest.rstrip())


def cells(places: Places, text: str, row: Row) -> list[Span]:
    """
    Return where the words of each cell of a row begin and end.

    A cell begins with the first word whose ink begins where its rectangle does; where there is none, at the character
    that is nearest to that place.

    :param places: Of the page.
    :param text: The page's text, in which each character has the place that PDFium counts it at.
    """
    last, end = row.span
    starts = [last]
    words = _Words(places, text, row.span)
    for left, top, _, bottom in row.boxes[1:]:
        found = words.halved(last + 1, left) if row.is_rising else None
        if found is None:
            found = words.first(last + 1, left)
        if found is None:
            found = places.nearest(left + 0.5, (top + bottom) / 2)
        if last < found < end:
            last = found
        starts.append(last)
    return list(map(stripped, repeat(text), zip(starts, [*starts[1:], end], strict=True)))


class _Words:
    """
    The words of a row, by the place at which their ink begins.

    :param places: Of the page.
    :param text: The page's text.
    :param span: Where the row begins and ends in it.
    """

    def __init__(self, places: Places, text: str, span: Span) -> None:
        self._places, self._text, self._span = places, text, span

    def halved(self, begin: int, left: float) -> int | None:
        """Return a word from `begin` on that stands at a place, looking at few if they stand from left to right."""
        text, low, high = self._text, begin, self._span[1]
        while low < high:
            at = max(text.rfind(" ", low, (low + high) // 2) + 1, low)
            here = self._places.left(at)
            if -_SAME_PLACE < here - left < _SAME_PLACE and text[at - 1] == " ":
                return at
            if here > left:
                high = at
            else:
                low = text.find(" ", at, self._span[1]) + 1 or high
        return None

    def first(self, begin: int, left: float) -> int | None:
        """Return the first word from `begin` on that stands at a place."""
        starts, lefts = self._all
        for at in range(bisect_left(starts, begin), len(starts)):
            if -_SAME_PLACE < lefts[at] - left < _SAME_PLACE:
                return starts[at]
        return None

    @cached_property
    def _all(self) -> tuple[list[int], list[float]]:
        starts = [word.start() for word in _WORD.finditer(self._text, *self._span)]
        return starts, self._places.lefts(starts).tolist()
