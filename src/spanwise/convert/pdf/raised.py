"""Raised characters of a PDF: which of its digits and marks stand above the line."""

import re
from collections.abc import Iterator
from ctypes import CFUNCTYPE, byref, c_double, c_void_p, cast
from functools import cache
from math import sin
from typing import Any

from spanwise.convert.raised import raised

_MARKS = re.compile(r"[\d*\u2020\u2021]+(?:[,\u2013]\d+)*")
_SIGNS = frozenset("-\u2212+")
_UNSPACED = frozenset(["", *" ,.;:)]"])
_RISE = 0.25  # of its own height; a raised character stands at least so much above the one before
_HIGHEST = 3.0  # of its own height
_LOWEST_SIZE = 1.5  # a font's size below it says nothing: the page is scaled by other means
_LEVEL = 0.1  # sine of an angle
_SAME_LINE = 0.15  # of the height; lines that differ less are one

Edit = tuple[int, int, str]  # from where to where, and what stands there instead


@cache
def unchecked(name: str) -> Any:
    """
    Return a function of PDFium that takes ctypes' objects as they are: checks take longer than what is asked for.

    :param name: What it is called.
    """
    import pypdfium2.raw as pdfium

    function = getattr(pdfium, name)
    address = cast(function, c_void_p).value or 0
    return CFUNCTYPE(function.restype)(address)


class Places:
    """Where characters of a page stand."""

    def __init__(self, text_page: Any) -> None:
        import pypdfium2.raw as pdfium

        self._page = text_page.raw  # a page's characters are many: what can be got once is not got for each
        self._get_size, self._get_origin = (
            unchecked("FPDFText_GetFontSize"),
            unchecked("FPDFText_GetCharOrigin"),
        )
        self._get_angle = unchecked("FPDFText_GetCharAngle")
        self._get_box = unchecked("FPDFText_GetCharBox")
        self._get_index = pdfium.FPDFText_GetCharIndexAtPos
        self._x, self._y, self._bottom, self._top = c_double(), c_double(), c_double(), c_double()
        self._origin = byref(self._x), byref(self._y)
        self._left = c_double()
        self._box = byref(self._left), byref(c_double()), byref(self._bottom), byref(self._top)

    def size(self, at: int) -> float:
        """Return the size of a character's font."""
        return self._get_size(self._page, at)  # type: ignore[no-any-return]

    def origin(self, at: int) -> tuple[float, float]:
        """Return a character's place on its line's baseline, from the left and from below."""
        self._get_origin(self._page, at, *self._origin)
        return self._x.value, self._y.value

    def nearest(self, x: float, y: float) -> int:
        """Return the character at a place or close to it, -1 where there is none; this looks at each of the page."""
        return int(self._get_index(self._page, x, y, 4.0, 4.0))

    def left(self, at: int) -> float:
        """Return the left side of a character's ink."""
        self._get_box(self._page, at, *self._box)
        return self._left.value

    def is_level(self, at: int) -> bool:
        """Return whether a character stands on a line that goes from left to right; others rise by themselves."""
        return abs(sin(self._get_angle(self._page, at))) < _LEVEL

    def height(self, at: int) -> float:
        """Return how high a character's ink is."""
        self._get_box(self._page, at, *self._box)
        return self._top.value - self._bottom.value


def raised_edits(places: Places, text: str) -> list[Edit]:
    """
    Return what tells a page's exponents and note marks apart from what they are glued to.

    :param places: Of the page.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    """
    edits: list[Edit] = []
    for start, stop in _candidates(text):
        is_new_line = text[start] == "\r"
        begin, before = start + 2 * is_new_line, start - 1
        # The last digit of a number with an exponent is raised, or none of them is.
        if not _is_raised(places, before, begin if is_new_line else stop - 1):
            continue
        while begin < stop and not _is_raised(places, before, begin):
            before, begin = begin, begin + 1
        if begin == stop:
            continue
        level, height, end = places.origin(begin)[1], places.height(begin), begin + 1
        while end < stop and abs(places.origin(end)[1] - level) < height * _SAME_LINE:
            end += 1
        glued = start if is_new_line else begin
        words = raised(text[max(glued - 40, 0) : glued], text[begin:end])
        done = _after(places, text, before, end)
        edits.append((glued, done, words + (" " if done > end and text[done : done + 1] not in _UNSPACED else "")))
    return edits


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Yield where digits and marks, with a sign or a line end before them, are glued to a character."""
    for match in _MARKS.finditer(text):
        start, end = match.span()
        has_sign = text[start - 1 : start] in _SIGNS
        begin = start - has_sign
        if text[begin - 2 : begin] == "\r\n":
            begin -= 2
        if begin == 0 or text[begin - 1].isspace() or text[begin - 1] == "\x02":
            begin = start if has_sign else start + 1  # glued to its own sign, or to its first digit
        if begin < end:
            yield begin, end


def _is_raised(places: Places, before: int, at: int) -> bool:
    size = places.size(at)
    if size >= places.size(before) and size > _LOWEST_SIZE:
        return False
    (x_before, y_before), (x, y) = places.origin(before), places.origin(at)
    if x < x_before or y <= y_before or not places.is_level(at):
        return False
    height = places.height(at)
    return height > 0 and _RISE * height <= y - y_before <= _HIGHEST * height


def _after(places: Places, text: str, before: int, end: int) -> int:
    """Return where the text goes on: behind a line's end that is none, since what follows stands on the old line."""
    if text[end : end + 2] != "\r\n":
        return end
    rest = re.compile(r"\s*\S").match(text, end)
    if rest is None:
        return end
    following = rest.end() - 1
    (x_before, y_before), (x, y) = places.origin(before), places.origin(following)
    on_line = abs(y - y_before) < _SAME_LINE * max(places.height(before), 1) and x > x_before
    return end + 2 if on_line else end
