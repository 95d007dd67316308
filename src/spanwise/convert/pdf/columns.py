"""Columns of a PDF's page: those of sentences in the order of reading, those of a table with their headers."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from ctypes import byref, c_double
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, groupby, pairwise
from operator import attrgetter
from statistics import fmean, median
from typing import Any, NamedTuple

from spanwise.convert.pdf.raised import Places, unchecked
from spanwise.convert.tables import VALUE, looks_like_header

_GAP = 1.2  # heights of the line; what is wider may part columns
_FEWEST_ROWS = 3
_FEWEST_CELLS = 3  # of a row that may go over a gutter: it may be that of another table on the page
_APART = 1.8  # times the usual distance of rows
_FEWEST_WORDS = 3.0  # on average in a line of a column; with fewer it is a table
_MOST_RECTANGLES = 5000  # of one page
_LINE = re.compile(r"[^\r\n]+")
_DIGIT = re.compile(r"\d")
_MOST_CELLS = 0.8  # share of a column's cells that have digits, in a column of values
_WORDS = re.compile(r"[^\W\d_]{2,}")
_WORD_START = re.compile(r"(?<!\S)\S")
_SAME_PLACE = 0.01  # points
_RIGHT = attrgetter("right")


Line = list[str | tuple[int, int]]


class Box(NamedTuple):
    """A rectangle of a page, in points from its lower left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def stands_beside(self, other: "Box") -> bool:
        """Return whether another box is on the same line to the right, beyond a gap that may part columns."""
        gap = other.left - self.right
        if gap <= _GAP:
            return False
        height = min(self.top - self.bottom, other.top - other.bottom)
        return gap > _GAP * height and min(self.top, other.top) - max(self.bottom, other.bottom) > height / 2


_box: Callable[[tuple[float, ...]], Box] = partial(tuple.__new__, Box)  # which takes half the time


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    span: tuple[int, int]  # of the page's text
    column: int
    level: float  # of its line, from below


def boxes(text_page: Any, start: int = 0, count: int = -1) -> list[Box]:
    """
    Return the rectangles around characters that belong together, in their order.

    :param text_page: A text page of pypdfium2.
    :param start: The first character's place.
    :param count: How many characters; -1 for all.
    """
    import pypdfium2.raw as pdfium

    raw, get = text_page.raw, unchecked(pdfium.FPDFText_GetRect)
    left, top, right, bottom = places = c_double(), c_double(), c_double(), c_double()
    into = tuple(map(byref, places))
    found = []
    for at in range(min(pdfium.FPDFText_CountRects(raw, start, count), _MOST_RECTANGLES)):
        get(raw, at, *into)
        found.append(_box((left.value, top.value, right.value, bottom.value)))
    return found


def lines_in_columns(text_page: Any, text: str) -> list[Line] | None:
    """
    Return a page's lines: columns of sentences one after the other, rows of a table with their headers.

    :param text_page: A text page of pypdfium2.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    :returns: For each line its pieces: spans of the text, and words to put before them. None without columns.
    """
    found = boxes(text_page)
    gutters = _gutters(found)
    if not gutters:
        return None
    matches = list(_LINE.finditer(text))
    by_line = _boxes_by_line(text_page, matches, found)
    places = Places(text_page)
    ordered: list[Line] = []
    block: list[list[_Segment]] = []
    for match, on_line in zip(matches, by_line, strict=True):
        segments = _segments(places, match[0], match.start(), on_line, gutters)
        if segments:
            block.append(segments)
        else:
            ordered += [*_ordered(block), [match.span()]]
            block = []
    return [*ordered, *_ordered(block)]


def _gutters(found: list[Box]) -> list[float]:
    """Return the places, from left to right, at which several lines have a wide gap."""
    gaps = [(box.right, after.left) for box, after in pairwise(found) if box.stands_beside(after)]
    gaps.sort(key=lambda gap: gap[1])
    gutters = []
    while gaps:
        place = gaps[0][1] - 0.01
        here = [gap for gap in gaps if gap[0] < place < gap[1]]
        if len(here) >= _FEWEST_ROWS:
            gutters.append((max(gap[0] for gap in here) + place) / 2)
        gaps = [gap for gap in gaps if not gap[0] < place < gap[1]] if here else gaps[1:]
    return gutters


def _boxes_by_line(text_page: Any, lines: list[re.Match[str]], found: list[Box]) -> Iterable[list[Box]]:
    """Return the rectangles of each line: those of the page, unless one of them goes over a line's end."""
    import pypdfium2.raw as pdfium

    raw = text_page.raw
    ends = list(accumulate(pdfium.FPDFText_CountRects(raw, line.start(), len(line[0])) for line in lines))
    if ends and ends[-1] == len(found):
        return [found[begin:end] for begin, end in pairwise([0, *ends])]
    return (boxes(text_page, line.start(), len(line[0])) for line in lines)


def _segments(places: Places, line: str, start: int, on_line: list[Box], gutters: list[float]) -> list[_Segment]:
    """Return the parts of a line; none where one of few goes over a gutter."""
    if not on_line:
        return []
    groups = [on_line[:1]]
    for box, after in pairwise(on_line):
        is_gap = box.right < after.left and bisect_left(gutters, box.right) < bisect_left(gutters, after.left)
        if is_gap and box.stands_beside(after):
            groups.append([after])
        else:
            groups[-1].append(after)
    columns = [bisect_left(gutters, group[0].left) for group in groups]
    ends = [bisect_left(gutters, max(map(_RIGHT, group)) - 1) for group in groups]
    if columns != ends and len(groups) < _FEWEST_CELLS:
        return []
    cuts = [0]
    is_sorted = len(groups) > 1 and all(box.left < after.left for box, after in pairwise(on_line))
    for group in groups[1:]:
        at = _place(places, line, start, cuts[-1] + 1, group[0], is_sorted=is_sorted)
        cuts.append(at if cuts[-1] < at < len(line) else cuts[-1])
    found = []
    for column, begin, end in zip(columns, cuts, [*cuts[1:], len(line)], strict=True):
        rest = line[begin:end].lstrip()
        words, first = rest.rstrip(), start + end - len(rest)
        found.append(_Segment(words, (first, first + len(words)), column, on_line[0].bottom))
    return found


def _place(places: Places, line: str, start: int, begin: int, box: Box, *, is_sorted: bool) -> int:
    """
    Return where in a line, from `begin` on, the first character of a rectangle is.

    :param is_sorted: Whether the line's characters stand from left to right.
    """
    low, high = begin, len(line) if is_sorted else begin
    while low < high:
        at = max(line.rfind(" ", low, (low + high) // 2) + 1, low)
        left = places.left(start + at)
        if abs(left - box.left) < _SAME_PLACE and line[at - 1] == " ":
            return at
        if left > box.left:
            high = at
        else:
            low = line.find(" ", at) + 1 or high
    for word in _WORD_START.finditer(line, begin):
        if abs(places.left(start + word.start()) - box.left) < _SAME_PLACE:
            return word.start()
    return places.nearest(box.left + 0.5, (box.top + box.bottom) / 2) - start


def _ordered(block: list[list[_Segment]]) -> list[Line]:
    """Return the lines of a block, column by column if sentences were written row by row."""
    segments = [segment for some in block for segment in some]
    columns = sorted({segment.column for segment in segments})
    if len(columns) > 1 and _is_prose(segments, columns):
        return [[segment.span] for column in columns for segment in segments if segment.column == column]
    lines: list[Line] = []
    for _, group in groupby(block, key=lambda some: [segment.column for segment in some]):
        for rows in _tables(list(group)):
            lines += _rows(rows)
    return lines


def _tables(rows: list[list[_Segment]]) -> list[list[list[_Segment]]]:
    """Return the rows of each table: what stands further apart than most belongs to two."""
    steps = [abs(before[0].level - after[0].level) for before, after in pairwise(rows)]
    tables = [rows[:1]]
    for step, row in zip(steps, rows[1:], strict=True):
        if step > _APART * median(steps):
            tables.append([])
        tables[-1].append(row)
    return tables


def _is_prose(segments: list[_Segment], columns: list[int]) -> bool:
    """Return whether what stands side by side is sentences, written row by row."""
    returns = sum(after.column < before.column for before, after in pairwise(segments))
    if returns < _FEWEST_ROWS - 1:
        return False
    texts = [[segment.text for segment in segments if segment.column == column] for column in columns]
    return all(_words_a_line(some) >= _FEWEST_WORDS for some in texts)


def _words_a_line(texts: list[str]) -> float:
    """Return how many words lines have, on average of those that have any: the marks of notes stand alone."""
    counts = [len(_WORDS.findall(text)) for text in texts]
    return fmean([count for count in counts if count] or [0])


def _rows(rows: list[list[_Segment]]) -> list[Line]:
    """Return rows that have the same columns: each cell behind its header, where the first row is plainly one."""
    if len(rows) >= _FEWEST_ROWS and len(rows[0]) > 1:
        header, *others = [[cell.text for cell in row] for row in rows]
        if _has_values_only_below(header, others):
            return [
                [piece for cell, label in zip(row, header, strict=True)
                 for piece in (f"{'' if cell is row[0] else '; '}{label}: ", cell.span)]
                for row in rows[1:]
            ]  # fmt: skip
    return [[(row[0].span[0], row[-1].span[1])] for row in rows]


def _has_values_only_below(header: list[str], others: list[list[str]]) -> bool:
    if not looks_like_header(header, others) or any(2 * sum(map(str.isdigit, cell)) > len(cell) for cell in header):
        return False
    # Where headers have digits too, as in "Trip 3", the cells have to be nothing but values.
    is_value = VALUE.fullmatch if any(map(_DIGIT.search, header)) else _DIGIT.search
    columns = zip(*others, strict=True)
    return any(sum(bool(is_value(cell)) for cell in cells) >= _MOST_CELLS * len(cells) for cells in columns)
