"""Words of a PDF that run together: gaps too narrow for PDFium, but wider than those between letters."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, chain, groupby, islice, starmap
from typing import Any

import numpy as np

from spanwise.convert.pdf.lines.characters import Quads
from spanwise.convert.pdf.lines.raised import Edit

_LONG = 14
_LETTER = re.compile(r"[^\W\d_]")
_LONG_WORD = re.compile(rf"[^\W\d_]{{{_LONG},}}")
# Few stretches may be long words, and a pattern takes long to tell: letters are "a", and so is what Latin-1 has not.
_LETTERS = bytes(ord("a" if code == ord("?") or _LETTER.match(chr(code)) else " ") for code in range(256))
_LONG_RUN = b"a" * _LONG
_MOST_WORDS = 300  # of one page
_GAP = 0.08  # of the characters' height, beyond their own width
_WITHIN = 0.03  # the most that letters of one word stand apart


def spacing_edits(text_page: Any, text: str) -> list[Edit]:
    """
    Return what parts words that are written without a space, by the places of their letters.

    :param text_page: PDFium's text page.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    """
    words = [*islice(_long_words(text), _MOST_WORDS)]
    if not words:
        return []
    left, top, right, bottom = _letter_boxes().of(text_page, [*chain.from_iterable(starmap(range, words))]).T
    lengths = [end - begin for begin, end in words]
    starts = [0, *accumulate(lengths)][:-1]
    heights = np.maximum.reduceat(top - bottom, starts)
    gaps, height = left[1:] - right[:-1], np.repeat(heights, lengths)[1:]
    wide = (np.flatnonzero((gaps > _GAP * height) & (gaps < height)) + 1).tolist()  # the letters behind these gaps
    edits: list[Edit] = []
    for number, behind in groupby(wide, key=lambda letter: bisect_right(starts, letter) - 1):
        start, length, (begin, _) = starts[number], lengths[number], words[number]
        if np.median(gaps[start : start + length - 1]) < _WITHIN * heights[number]:
            within = [letter - start for letter in behind if start + 2 <= letter <= start + length - 2]
            edits += [(begin + at, begin + at, " ") for at in within]
    return edits


@cache
def _letter_boxes() -> Quads:
    import pypdfium2.raw as pdfium

    return Quads("FPDFText_GetLooseCharBox", pdfium.FS_RECTF)


def _long_words(text: str) -> Iterator[tuple[int, int]]:
    """Yield where long words begin and end."""
    letters = text.encode("latin-1", "replace").translate(_LETTERS)
    end = 0
    while (begin := letters.find(_LONG_RUN, end)) >= 0:
        end = letters.find(b" ", begin)
        end = len(letters) if end < 0 else end
        yield from (match.span() for match in _LONG_WORD.finditer(text, begin, end))
