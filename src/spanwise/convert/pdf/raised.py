"""Raised characters of a PDF: which of its digits and marks stand above the line."""

import re
from ctypes import byref, c_double
from typing import Any

from spanwise.convert.raised import raised

_CANDIDATE = re.compile(r"(?<=[^\s\x02])(?:\r\n)?[-\u2212+]?[\d*\u2020\u2021]+")
_RISE = 0.25  # of its own height; a raised character stands at least so much above the one before
_HIGHEST = 3.0  # of its own height
_LOWEST_SIZE = 1.5  # a font's size below it says nothing: the page is scaled by other means
_SAME_LINE = 0.15  # of the height; lines that differ less are one

Edit = tuple[int, int, str]  # from where to where, and what stands there instead


class Places:
    """Where characters of a page stand."""

    def __init__(self, text_page: Any) -> None:
        import pypdfium2.raw as pdfium

        self._page = text_page.raw  # a page's characters are many: what can be got once is not got for each
        self._get_size, self._get_origin = pdfium.FPDFText_GetFontSize, pdfium.FPDFText_GetCharOrigin
        self._get_box = pdfium.FPDFText_GetCharBox
        self._x, self._y, self._bottom, self._top = c_double(), c_double(), c_double(), c_double()
        self._origin = byref(self._x), byref(self._y)
        self._left = c_double()
        self._box = byref(self._left), byref(c_double()), byref(self._bottom), byref(self._top)

    def size(self, at: int) -> float:
        """Return the size of a character's font."""
        return float(self._get_size(self._page, at))

    def origin(self, at: int) -> tuple[float, float]:
        """Return a character's place on its line's baseline, from the left and from below."""
        self._get_origin(self._page, at, *self._origin)
        return self._x.value, self._y.value

    def left(self, at: int) -> float:
        """Return the left side of a character's ink."""
        self._get_box(self._page, at, *self._box)
        return self._left.value

    def height(self, at: int) -> float:
        """Return how high a character's ink is."""
        self._get_box(self._page, at, *self._box)
        return self._top.value - self._bottom.value


def raised_edits(text_page: Any, text: str) -> list[Edit]:
    """
    Return what tells a page's exponents and note marks apart from what they are glued to.

    :param text_page: A text page of pypdfium2.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    """
    places = Places(text_page)
    edits: list[Edit] = []
    for match in _CANDIDATE.finditer(text):
        is_new_line = match[0][0] == "\r"
        begin, before = match.start() + 2 * is_new_line, match.start() - 1
        # The last digit of a number with an exponent is raised, or none of them is.
        if not _is_raised(places, before, begin if is_new_line else match.end() - 1):
            continue
        while begin < match.end() and not _is_raised(places, before, begin):
            before, begin = begin, begin + 1
        if begin == match.end():
            continue
        level, height, end = places.origin(begin)[1], places.height(begin), begin + 1
        while end < match.end() and abs(places.origin(end)[1] - level) < height * _SAME_LINE:
            end += 1
        glued = match.start() if is_new_line else begin
        words = raised(text[max(glued - 40, 0) : glued], text[begin:end])
        done = _after(places, text, before, end)
        edits.append((glued, done, words + (" " if done > end and text[done : done + 1] not in {"", " "} else "")))
    return edits


def _is_raised(places: Places, before: int, at: int) -> bool:
    size = places.size(at)
    if size >= places.size(before) and size > _LOWEST_SIZE:
        return False
    (x_before, y_before), (x, y) = places.origin(before), places.origin(at)
    if x < x_before or y <= y_before:
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
