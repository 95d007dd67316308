"""
Words and numbers of a PDF that run together.

Between words are gaps too narrow for PDFium, but wider than those between letters; between some numbers of a table are
wide ones for which it writes no space nevertheless.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice, pairwise, starmap
from statistics import median

import numpy as np

from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.pdf.lines.raised import Edit

_LONG = 14
_SHORT = 4
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
# Few stretches may be long words, and a pattern takes long to tell: letters are "a", and so is what Latin-1 has not.
_LETTERS = bytes(ord("a" if code == ord("?") or _LETTER.match(chr(code)) else " ") for code in range(256))
_DIGITS = bytes(ord("1" if chr(code) in "0123456789" else " " if chr(code) == " " else "a") for code in range(256))
_MOST_WORDS = 1000  # of one page
_GAP = 0.08  # of the characters' height, beyond their own width
_WITHIN = 0.03  # the most that letters of one word stand apart
_LEVEL = 0.1  # of the height; digits whose lower ends differ less stand on one line


def spacing_edits(places: Places) -> list[Edit]:
    """Return what parts words and numbers that are written without a space, by the places of their characters."""
    return _word_edits(places) + _number_edits(places)


def _word_edits(places: Places) -> list[Edit]:
    """Look at long words, which are few, and at all of a page where some of those are several that run together."""
    return _parted(places, _LONG) and _parted(places, _SHORT)


def _parted(places: Places, shortest: int) -> list[Edit]:
    edits: list[Edit] = []
    words = list(islice(_words(places.text, shortest), _MOST_WORDS))
    if not words:
        return edits
    of_letters = places.loose_boxes([*chain.from_iterable(starmap(range, words))])
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
            ends = [begin + at for at, gap in enumerate(gaps[1:-1], 2) if _GAP * height < gap < height]
            edits += [(end, end, " ") for end in ends]
    return edits


def _number_edits(places: Places) -> list[Edit]:
    """Return what parts digits of one line that stand further apart than they are high."""
    kinds = places.text.encode("latin-1", "replace").translate(_DIGITS)
    # Only tables of numbers have such: to ask for every number takes a twentieth of the time that a page needs.
    if b"1 1" not in kinds:
        return []
    is_digit = np.frombuffer(kinds, np.uint8) == ord("1")
    is_inner = is_digit[:-1] & is_digit[1:]  # before each place but the first
    is_asked = np.append(is_inner, [False])
    is_asked[1:] |= is_inner
    asked = np.flatnonzero(is_asked)
    left, top, right, bottom = places.loose_boxes(asked.tolist()).T
    height = (top - bottom)[:-1]
    is_level = np.abs(np.diff(bottom)) < _LEVEL * height
    is_apart = (np.diff(asked) == 1) & (left[1:] - right[:-1] > height) & is_level
    return [(place, place, " ") for place in asked[1:][is_apart].tolist()]


def _words(text: str, shortest: int) -> Iterator[tuple[int, int]]:
    """Yield where words of some letters or more begin and end."""
    letters, run = text.encode("latin-1", "replace").translate(_LETTERS), b"a" * shortest
    end = 0
    while (begin := letters.find(run, end)) >= 0:
        end = letters.find(b" ", begin)
        end = len(letters) if end < 0 else end
        spans = (match.span() for match in _WORD.finditer(text, begin, end))
        yield from (span for span in spans if span[1] - span[0] >= shortest)
