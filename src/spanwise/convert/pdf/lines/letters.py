"""
Characters of a PDF that PDFium puts on a line each.

It does so with letters whose font says that they are wider than they stand apart, and with those of lines that run
downwards, as in Japanese and Chinese print.
"""

import re
from itertools import pairwise
from statistics import median

from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.pdf.lines.raised import Edit

_FEWEST = 6  # letters of a line
_BETWEEN = re.compile(rf"\r\n(?:\S\r\n){{{_FEWEST - 2},}}")  # the first and the last; what it begins with is found fast
_SAME_LINE = 0.15  # of the letters' height
_GAP = 0.12  # of the letters' height, beyond what is usual on the line
_IDEOGRAPHS = r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\ufe10-\ufe4f\uff00-\uffef]{1,4}"
_COLUMN = re.compile(rf"(?m)^{_IDEOGRAPHS}(?:\n{_IDEOGRAPHS}){{{_FEWEST - 1},}}$")  # a table may have short words
_MOST_CHARACTERS = 1.6  # of a line of a column, on average; some hold a mark beside their character


def join_letters(places: Places) -> list[Edit]:
    """
    Let letters that stand on one baseline be on one line.

    The page's text stays as long as it is: two spaces stand for a line's end that is none.

    :returns: What parts the words of such lines; each of the line's ends is in an edit.
    """
    text, edits = places.text, list[Edit]()
    for match in _BETWEEN.finditer(text):
        letters = _alone(text, *match.span())
        lines = _lines(places, letters) if len(letters) >= _FEWEST else []
        if max(map(len, lines), default=0) >= _FEWEST:  # then the shorter ones belong to them
            edits += [edit for line in lines for edit in _parted(line)]
    if not edits:
        return edits
    pieces, end = [], 0
    for first, last, _ in edits:
        pieces += [text[end:first], "  "]
        end = last
    places.text = "".join([*pieces, text[end:]])
    return edits


def _alone(text: str, begin: int, end: int) -> list[int]:
    """Return the places of letters that are lines, around and between line ends from `begin` to `end`."""
    letters = list(range(begin + 2, end, 3))
    if begin == 1 or text[begin - 2 : begin - 1] == "\n":
        letters.insert(0, begin - 1)
    if text[end : end + 1].strip() and text[end + 1 : end + 2] in {"", "\r"}:
        letters.append(end)
    return letters


_Letter = tuple[int, float, float, float]  # its place, its left and right side with the room around it, and the height


def _lines(places: Places, letters: list[int]) -> list[list[_Letter]]:
    """Return letters by the baseline that they share from left to right."""
    boxes = places.loose_boxes(letters).tolist()
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


def joined_columns(text: str) -> str:
    """
    Return a page's text in which characters that stand one below the other are one line.

    :param text: With line feeds at the ends of lines.
    """
    return text if text.isascii() else _COLUMN.sub(_joined, text)


def _joined(match: re.Match[str]) -> str:
    lines = match[0].split("\n")
    return "".join(lines) if sum(map(len, lines)) <= _MOST_CHARACTERS * len(lines) else match[0]
