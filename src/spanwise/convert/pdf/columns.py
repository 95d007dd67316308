"""Columns of a PDF's page: those of sentences in the order of reading, those of a table with their headers."""

import re
from bisect import bisect_left, bisect_right
from ctypes import byref, c_double, sizeof
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from operator import itemgetter, lt
from statistics import fmean, median
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

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

Line = list[str | tuple[int, int]]


class Box(NamedTuple):
    """A rectangle of a page, in points from its lower left corner."""

    left: float
    top: float
    right: float
    bottom: float


class _Segment(NamedTuple):
    text: str
    span: tuple[int, int]  # of the page's text
    column: int
    level: float  # of its line, from below


@dataclass(frozen=True, slots=True)
class _Columns:
    """
    Where a page's rectangles stand among its columns.

    :param boxes: Of the page. *Shape:* (n, 4), as a `Box`.
    :param gutters: The places between columns, from left to right.
    :param parts: Those of the rectangles that stand beyond a gutter from the one before.
    """

    boxes: NDArray[np.float64]
    gutters: list[float]
    lefts: list[float]
    rights: list[float]
    levels: list[float]
    columns: list[int]
    parts: list[int]

    @classmethod
    def of(cls, found: NDArray[np.float64], gutters: list[float]) -> Self:
        left, _, right, bottom = found.T
        columns = np.searchsorted(gutters, left)
        is_part = _stand_beside(found) & (right[:-1] < left[1:])
        is_part &= np.searchsorted(gutters, right[:-1]) < columns[1:]
        parts = (np.flatnonzero(is_part) + 1).tolist()
        return cls(found, gutters, left.tolist(), right.tolist(), bottom.tolist(), columns.tolist(), parts)

    def are_within(self, ends: list[int]) -> list[bool]:
        """
        Return which lines have rectangles, all of them in one column.

        :param ends: Up to which of the rectangles each line goes.
        """
        begins, last = [0, *ends[:-1]], len(self.rights) - 1
        firsts = np.minimum(begins, last)
        inner = np.searchsorted(self.parts, ends) - np.searchsorted(self.parts, begins, "right")
        right = np.maximum.reduceat(self.boxes[:, 2], firsts)
        is_within = np.searchsorted(self.gutters, right - 1) == np.take(self.columns, firsts)
        found: list[bool] = ((np.subtract(ends, begins) > 0) & (inner <= 0) & is_within).tolist()
        return found

    def groups(self, begin: int, end: int) -> list[tuple[int, int]]:
        """Return where, of some rectangles of a line, those of each column begin and end."""
        inner = self.parts[bisect_right(self.parts, begin) : bisect_left(self.parts, end)]
        return [*pairwise([begin, *inner, end])]

    def is_within(self, begin: int, end: int) -> bool:
        """Return whether rectangles stand in one column."""
        return bisect_left(self.gutters, max(self.rights[begin:end]) - 1) == self.columns[begin]


def boxes(text_page: Any, start: int = 0, count: int = -1) -> NDArray[np.float64]:
    """
    Return the rectangles around characters that belong together, in their order.

    :param text_page: A text page of pypdfium2.
    :param start: The first character's place.
    :param count: How many characters; -1 for all.
    :returns: *Shape:* (n, 4), as a `Box`.
    """
    import pypdfium2.raw as pdfium

    raw, get = text_page.raw, unchecked("FPDFText_GetRect")
    box = (c_double * 4)()
    sides = [byref(box, sizeof(c_double) * side) for side in range(4)]
    found = []
    for at in range(min(pdfium.FPDFText_CountRects(raw, start, count), _MOST_RECTANGLES)):
        get(raw, at, *sides)
        found.append(bytes(box))
    return np.frombuffer(b"".join(found)).reshape(-1, 4)


def _stand_beside(found: NDArray[np.float64]) -> NDArray[np.bool_]:
    """
    Return which rectangles have the next one on the same line to the right, beyond a gap that may part columns.

    :returns: *Shape:* (n - 1,).
    """
    left, top, right, bottom = found.T
    gap, heights = left[1:] - right[:-1], top - bottom
    height = np.minimum(heights[:-1], heights[1:])
    is_level = np.minimum(top[:-1], top[1:]) - np.maximum(bottom[:-1], bottom[1:]) > height / 2
    beside: NDArray[np.bool_] = (gap > _GAP) & (gap > _GAP * height) & is_level
    return beside


def lines_in_columns(text_page: Any, text: str, places: Places) -> list[Line] | None:
    """
    Return a page's lines: columns of sentences one after the other, rows of a table with their headers.

    :param text_page: A text page of pypdfium2.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    :param places: Of the page.
    :returns: For each line its pieces: spans of the text, and words to put before them. None without columns.
    """
    found = boxes(text_page)
    gutters = _gutters(found)
    if not gutters:
        return None
    matches = list(_LINE.finditer(text))
    found, ends = _boxes_by_line(text_page, matches, found)
    page = _Columns.of(found, gutters)
    ordered: list[Line] = []
    block: list[list[_Segment]] = []
    lines = zip(matches, pairwise([0, *ends]), page.are_within(ends), strict=True)
    for match, (begin, end), is_within in lines:
        if is_within:
            segments = [_segment(match[0], match.start(), page, begin)]
        else:
            segments = _segments(places, match[0], match.start(), page, begin, end)
        if segments:
            block.append(segments)
        else:
            ordered += [*_ordered(block), [match.span()]]
            block = []
    return [*ordered, *_ordered(block)]


def _gutters(found: NDArray[np.float64]) -> list[float]:
    """Return the places, from left to right, at which several lines have a wide gap."""
    beside = np.flatnonzero(_stand_beside(found))
    if len(beside) < _FEWEST_ROWS:
        return []
    gaps = list(zip(found[beside, 2].tolist(), found[beside + 1, 0].tolist(), strict=True))
    gaps.sort(key=itemgetter(1))
    gutters = []
    while gaps:
        place = gaps[0][1] - 0.01
        here = [gap for gap in gaps if gap[0] < place < gap[1]]
        if len(here) >= _FEWEST_ROWS:
            gutters.append((max(gap[0] for gap in here) + place) / 2)
        gaps = [gap for gap in gaps if not gap[0] < place < gap[1]] if here else gaps[1:]
    return gutters


def _boxes_by_line(
    text_page: Any, lines: list[re.Match[str]], found: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[int]]:
    """
    Return rectangles of which none goes over a line's end, and up to which of them each line goes.

    :param found: Those of the page, which may do so.
    """
    import pypdfium2.raw as pdfium

    raw = text_page.raw
    ends = list(accumulate(pdfium.FPDFText_CountRects(raw, line.start(), len(line[0])) for line in lines))
    if not ends or ends[-1] == len(found):
        return found, ends
    each = [boxes(text_page, line.start(), len(line[0])) for line in lines]
    return np.concatenate(each), list(accumulate(map(len, each)))


def _segments(places: Places, line: str, start: int, page: _Columns, begin: int, end: int) -> list[_Segment]:
    """
    Return the parts of a line; none where one of few goes over a gutter.

    :param begin: Its first rectangle.
    :param end: Behind its last one.
    """
    if begin == end:
        return []
    groups = page.groups(begin, end)
    if len(groups) < _FEWEST_CELLS and not all(page.is_within(*group) for group in groups):
        return []
    cuts = [0]
    lefts = page.lefts[begin:end]
    is_sorted = len(groups) > 1 and all(map(lt, lefts, lefts[1:]))
    for first, _ in groups[1:]:
        box = Box(*page.boxes[first].tolist())
        at = _place(places, line, start, cuts[-1] + 1, box, is_sorted=is_sorted)
        cuts.append(at if cuts[-1] < at < len(line) else cuts[-1])
    parts = zip(groups, pairwise([*cuts, len(line)]), strict=True)
    return [_segment(line[before:after], start + before, page, first) for (first, _), (before, after) in parts]


def _segment(text: str, start: int, page: _Columns, first: int) -> _Segment:
    """
    Return a part of a line.

    :param start: Its place in the page's text.
    :param first: Its first rectangle.
    """
    rest = text.lstrip()
    words, at = rest.rstrip(), start + len(text) - len(rest)
    return _Segment(words, (at, at + len(words)), page.columns[first], page.levels[first])


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
    for of_row, group in groupby(block, key=lambda some: [segment.column for segment in some]):
        rows = list(group)
        for table in _tables(rows) if len(of_row) > 1 else [rows]:
            lines += _rows(table)
    return lines


def _tables(rows: list[list[_Segment]]) -> list[list[list[_Segment]]]:
    """Return the rows of each table: what stands further apart than most belongs to two."""
    steps = [abs(before[0].level - after[0].level) for before, after in pairwise(rows)]
    tables, most = [rows[:1]], _APART * median(steps or [0])
    for step, row in zip(steps, rows[1:], strict=True):
        if step > most:
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
