"""Words of a PDF that run together: gaps too narrow for PDFium, but wider than those between letters."""

import re
from collections.abc import Iterator
from itertools import chain, islice, pairwise, starmap
from statistics import median
from typing import Any

from spanwise.convert.pdf.lines.characters import numbers
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
    import pypdfium2.raw as pdfium

    edits: list[Edit] = []
    words = list(islice(_long_words(text), _MOST_WORDS))
    if not words:
        return edits
    get = numbers("FPDFText_GetLooseCharBox", pdfium.FS_RECTF)
    of_letters = get.of(text_page, [*chain.from_iterable(starmap(range, words))])
    left, top, right, bottom = of_letters.T
    # No letter is higher than its word.
    if not (left[1:] - right[:-1] > _GAP * (top - bottom)[:-1]).any():
        return edits
    of_letters_in_order = iter(of_letters.tolist())
    for begin, end in words:
        boxes = list(islice(of_letters_in_order, end - begin))
        gaps = [after[0] - before[2] for before, after in pairwise(boxes)]
        height = max(top - bottom for _, top, _, bottom in boxes)
        if any(_GAP * height < gap < height for gap in gaps) and median(gaps) < _WITHIN * height:
            # One letter alone is no word.
            places = [begin + at for at, gap in enumerate(gaps[1:-1], 2) if _GAP * height < gap < height]
            edits += [(place, place, " ") for place in places]
    return edits


def _long_words(text: str) -> Iterator[tuple[int, int]]:
    """Yield where long words begin and end."""
    letters = text.encode("latin-1", "replace").translate(_LETTERS)
    end = 0
    while (begin := letters.find(_LONG_RUN, end)) >= 0:
        end = letters.find(b" ", begin)
        end = len(letters) if end < 0 else end
        yield from (match.span() for match in _LONG_WORD.finditer(text, begin, end))
