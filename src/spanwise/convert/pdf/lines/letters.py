"""Letters of a PDF that PDFium puts on a line each: its font says that they are wider than they stand apart."""

import re
from itertools import pairwise
from statistics import median
from typing import Any

from spanwise.convert.pdf.lines.characters import Places, loose_boxes
from spanwise.convert.pdf.lines.raised import Edit

_FEWEST = 6  # letters of a line
_BETWEEN = re.compile(rf"\r\n(?:\S\r\n){{{_FEWEST - 2},}}")  # the first and the last; what it begins with is found fast
_SAME_LINE = 0.15  # of the letters' height
_GAP = 0.12  # of the letters' height, beyond what is usual on the line


def joined_letters(text_page: Any, text: str, places: Places) -> tuple[str, list[Edit]]:
    """
    Return a page's text with letters that stand on one baseline on one line, and the edits that part its words.

    :param text_page: PDFium's text page.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    :param places: Of the page.
    :returns: The text, as long as before: two spaces stand for a line's end that is none. Each is in an edit.
    """
    edits: list[Edit] = []
    for match in _BETWEEN.finditer(text):
        letters = _alone(text, *match.span())
        lines = _lines(text_page, places, letters) if len(letters) >= _FEWEST else []
        if max(map(len, lines), default=0) >= _FEWEST:  # then the shorter ones belong to them
            edits += [edit for line in lines for edit in _parted(line)]
    if not edits:
        return text, edits
    pieces, end = [], 0
    for first, last, _ in edits:
        pieces += [text[end:first], "  "]
        end = last
    return "".join([*pieces, text[end:]]), edits


def _alone(text: str, begin: int, end: int) -> list[int]:
    """Return the places of letters that are lines, around and between line ends from `begin` to `end`."""
    letters = list(range(begin + 2, end, 3))
    if begin == 1 or text[begin - 2 : begin - 1] == "\n":
        letters.insert(0, begin - 1)
    if text[end : end + 1].strip() and text[end + 1 : end + 2] in {"", "\r"}:
        letters.append(end)
    return letters


_Letter = tuple[int, float, float, float]  # its place, its left and right side with the room around it, and the height


def _lines(text_page: Any, places: Places, letters: list[int]) -> list[list[_Letter]]:
    """Return letters by the baseline that they share from left to right."""
    boxes = loose_boxes(text_page, letters).tolist()
    origins = places.origins(letters).tolist()
    lines: list[list[_Letter]] = []
    x_before, y_before = float("inf"), 0.0
    for at, (x, y), (left, top, right, bottom) in zip(letters, origins, boxes, strict=True):
        if x <= x_before or abs(y - y_before) > _SAME_LINE * (top - bottom):
            lines.append([])
        lines[-1].append((at, left, right, top - bottom))
        x_before, y_before = x, y
    return lines


def _parted(line: list[_Letter]) -> list[Edit]:
    """Return the edits between the letters of one line."""
    gaps = [after[1] - before[2] for before, after in pairwise(line)]
    wide = median(gaps or [0]) + _GAP * max(height for _, _, _, height in line)
    return [(at + 1, at + 3, " " if gap > wide else "") for (at, *_), gap in zip(line, gaps, strict=False)]
