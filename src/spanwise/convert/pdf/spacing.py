"""Words of a PDF that run together: gaps too narrow for PDFium, but wider than those between letters."""

import re
from collections.abc import Iterator
from ctypes import byref
from itertools import islice, pairwise
from statistics import median
from typing import Any

from spanwise.convert.pdf.raised import Edit, unchecked

_LONG = 14
_LONG_WORD = re.compile(rf"(?<![^\W\d_])[^\W\d_]{{{_LONG},}}")
_MOST_WORDS = 300  # of one page
_GAP = 0.08  # of the characters' height, beyond their own width
_WITHIN = 0.03  # the most that letters of one word stand apart


def spacing_edits(text_page: Any, text: str) -> list[Edit]:
    """
    Return what parts words that are written without a space, by the places of their letters.

    :param text_page: A text page of pypdfium2.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    """
    import pypdfium2.raw as pdfium

    raw, get, box = text_page.raw, unchecked("FPDFText_GetLooseCharBox"), pdfium.FS_RECTF()
    place = byref(box)
    edits: list[Edit] = []
    for match in islice(_long_words(text), _MOST_WORDS):
        sides, height = [], 0.0
        for at in range(*match.span()):
            get(raw, at, place)
            sides.append((box.left, box.right))
            height = max(height, box.top - box.bottom)
        gaps = [after[0] - before[1] for before, after in pairwise(sides)]
        if height > 0 and median(gaps) < _WITHIN * height:
            wide = [match.start() + at for at, gap in enumerate(gaps[1:-1], 2) if _GAP * height < gap < height]
            edits += [(at, at, " ") for at in wide]
    return edits


def _long_words(text: str) -> Iterator[re.Match[str]]:
    end = 0
    for token in text.split():
        if len(token) >= _LONG:  # few are, and a pattern takes long to tell
            begin = text.index(token, end)
            end = begin + len(token)
            yield from _LONG_WORD.finditer(text, begin, end)
