"""The characters of a PDF's page: which they are, and where they stand."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import Structure, byref, c_char, c_double, sizeof
from functools import cache, partial
from itertools import repeat
from math import sin
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray
from pypdfium2 import PdfiumError

from spanwise.convert.pdf.lines.functions import unchecked

_MANY = 256
_LEVEL = 0.1  # sine of an angle
_FILLER = "\uffff"
_MOST_LEFT_OUT = 5000  # characters of one page; each makes PDFium search longer for every other one


@contextmanager
def opened(page: Any) -> Iterator[Any]:
    """
    Open PDFium's text page of a page.

    pypdfium2's own takes a tenth of the time that PDFium needs to make it.

    :raises PdfiumError: If it cannot be made.
    """
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        msg = "Failed to load text page."
        raise PdfiumError(msg)
    try:
        yield text_page
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def characters(text_page: Any) -> tuple[str, bool]:
    """
    Return the text of a page.

    :returns: The text, and whether each of its characters has the place that PDFium counts it at. For that, U+FFFF
        stands for each that PDFium leaves out, and for the first half of one above U+FFFF, which PDFium counts as two.
    """
    count = max(pdfium.FPDFText_CountChars(text_page), 0)
    place = partial(unchecked("FPDFText_GetTextIndexFromCharIndex"), text_page)
    # PDFium writes more than the buffer holds where the first or the last character is one that it leaves out.
    first = next((at for at in range(count) if place(at) >= 0), count)
    last = next((at for at in range(count - 1, first - 1, -1) if place(at) >= 0), -1)
    if last < first:
        return "", False
    buffer = bytearray(2 * (place(last) - place(first) + 2))
    written = unchecked("FPDFText_GetText")(text_page, first, last - first + 1, byref(c_char.from_buffer(buffer)))
    text = buffer[: 2 * (written - 1)].decode("utf-16-le", "ignore")
    if len(text) == count or count - len(text) > _MOST_LEFT_OUT:
        return text, len(text) == count
    halves = "".join(_FILLER * (character > _FILLER) + character for character in text)
    found = [place(at) for at in range(count)]
    if [at for at in found if at >= 0] != list(range(len(halves))):
        return text, False
    return "".join(halves[at] if at >= 0 else _FILLER for at in found), True


class Numbers:
    """
    Some numbers each of many places of a page: one call for each place, and nothing else for it.

    :param name: The function of PDFium that writes them.
    :param kind: What it writes: numbers of ctypes, each where a pointer of its own says, or one structure of them.
    :param width: How many numbers there are of a place.
    """

    def __init__(self, name: str, kind: type[Any], width: int = 4) -> None:
        self._get = unchecked(name)
        self._width = width
        each = 1 if issubclass(kind, Structure) else width
        buffer = (kind * (each * _MANY))()
        pointers = [byref(buffer, sizeof(kind) * at) for at in range(each * _MANY)]
        self._pointers = [pointers[at::each] for at in range(each)]
        self._numbers = np.frombuffer(buffer, np.float64 if kind is c_double else np.float32).reshape(-1, width)

    def of(self, text_page: Any, places: Sequence[int]) -> NDArray[np.float64]:
        """
        Return the numbers.

        :returns: *Shape:* (len(places), width).
        """
        found = [np.empty((0, self._width))]
        for begin in range(0, len(places), _MANY):
            some = places[begin : begin + _MANY]
            deque(map(self._get, repeat(text_page), some, *self._pointers), maxlen=0)
            found.append(self._numbers[: len(some)].astype(np.float64))
        return found[1] if len(found) == 2 else np.concatenate(found)


numbers = cache(Numbers)  # made once: they hold a buffer and its pointers


class Places:
    """
    The characters of a page, and where they stand.

    :param text: Its text, in which each character has the place that PDFium counts it at.
    """

    def __init__(self, text_page: Any, text: str) -> None:
        self.page, self.text = text_page, text
        # A page's characters are many: what can be got once is not got for each.
        self.size = partial(unchecked("FPDFText_GetFontSize"), text_page)
        """Returns the size of a character's font."""
        self._get_origin = unchecked("FPDFText_GetCharOrigin")
        self._get_angle = unchecked("FPDFText_GetCharAngle")
        self._get_box = unchecked("FPDFText_GetCharBox")
        self._get_index = pdfium.FPDFText_GetCharIndexAtPos
        self._x, self._y, self._bottom, self._top = c_double(), c_double(), c_double(), c_double()
        self._origin = byref(self._x), byref(self._y)
        self._left, self._right = c_double(), c_double()
        self._box = byref(self._left), byref(self._right), byref(self._bottom), byref(self._top)

    def origin(self, at: int) -> tuple[float, float]:
        """Return a character's place on its line's baseline, from the left and from below."""
        self._get_origin(self.page, at, *self._origin)
        return self._x.value, self._y.value

    def nearest(self, x: float, y: float) -> int:
        """Return the character at a place or close to it, -1 where there is none; this looks at each of the page."""
        return int(self._get_index(self.page, x, y, 4.0, 4.0))

    def left(self, at: int) -> float:
        """Return the left side of a character's ink."""
        self._get_box(self.page, at, *self._box)
        return self._left.value

    def middle(self, at: int) -> float:
        """Return the place half-way between the left and the right side of a character's ink."""
        return (self.left(at) + self._right.value) / 2

    def lefts(self, places: Sequence[int]) -> NDArray[np.float64]:
        """Return the left sides of some characters' ink. *Shape:* (len(places),)."""
        return numbers("FPDFText_GetCharBox", c_double).of(self.page, places)[:, 0]

    def origins(self, places: Sequence[int]) -> NDArray[np.float64]:
        """Return the places of some characters on their line's baseline. *Shape:* (len(places), 2)."""
        return numbers("FPDFText_GetCharOrigin", c_double, 2).of(self.page, places)

    def loose_boxes(self, places: Sequence[int]) -> NDArray[np.float64]:
        """Return characters' boxes with the room around them. *Shape:* (len(places), 4), as a `Box`."""
        return numbers("FPDFText_GetLooseCharBox", pdfium.FS_RECTF).of(self.page, places)

    def is_level(self, at: int) -> bool:
        """Return whether a character stands on a line that goes from left to right; others rise by themselves."""
        return abs(sin(self._get_angle(self.page, at))) < _LEVEL

    def height(self, at: int) -> float:
        """Return how high a character's ink is."""
        self._get_box(self.page, at, *self._box)
        return self._top.value - self._bottom.value
