"""Columns of a PDF's page: those of sentences in the order of reading, those of a table with their headers."""

import re
from bisect import bisect_left
from itertools import groupby, pairwise
from operator import lt
from statistics import fmean, median
from typing import Any, NamedTuple

from spanwise.convert.pdf.lines.boxes import Box, boxes, gaps_of, gutters_of
from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.pdf.lines.layout import FEWEST_ROWS, Layout, boxes_by_line
from spanwise.convert.tables import VALUE, looks_like_header

_APART = 1.8  # times the usual distance of rows
_FEWEST_WORDS = 3.0  # on average in a line of a column; with fewer it is a table
_LINE = re.compile(r"[^\r\n]+")
_DIGIT = re.compile(r"\d")
_MOST_CELLS = 0.8  # share of a column's cells that have digits, in a column of values
_WORDS = re.compile(r"[^\W\d_]{2,}")
_WORD_START = re.compile(r"(?<!\S)\S")
_SAME_PLACE = 0.01  # points

Line = list[str | tuple[int, int]]


class _Segment(NamedTuple):
    text: str
    span: tuple[int, int]  # of the page's text
    column: int
    level: float  # of its line, from below


def lines_in_columns(text_page: Any, text: str, places: Places) -> list[Line] | None:
    """
    Return a page's lines: columns of sentences one after the other, rows of a table with their headers.

    :param text_page: PDFium's text page.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    :param places: Of the page.
    :returns: For each line its pieces: spans of the text, and words to put before them. None without columns.
    """
    found = boxes(text_page)
    gaps = gaps_of(found)
    gutters = gutters_of(gaps)
    if not gutters:
        return None
    matches = list(_LINE.finditer(text))
    by_line, ends = boxes_by_line(text_page, matches, found)
    page = Layout.of(by_line, gaps if by_line is found else gaps_of(by_line), gutters, ends)
    ordered: list[Line] = []
    block: list[list[_Segment]] = []
    lines = zip(matches, pairwise([0, *ends]), page.is_in_columns, page.may_be_sorted, strict=True)
    for match, (begin, end), is_in_columns, may_be_sorted in lines:
        if may_be_sorted:
            block.append(_segments(places, match, page, begin, end))
            continue
        if block:
            ordered += _ordered(block)
            block = []
        ordered.append([_stripped(match) if is_in_columns else match.span()])
    return [*ordered, *_ordered(block)]


def _stripped(line: re.Match[str]) -> tuple[int, int]:
    """Return where the words of a line begin and end."""
    rest = line[0].lstrip()
    return line.end() - len(rest), line.end() - len(rest) + len(rest.rstrip())


def _segments(places: Places, match: re.Match[str], page: Layout, begin: int, end: int) -> list[_Segment]:
    """
    Return the parts of a line.

    :param begin: Its first rectangle.
    :param end: Behind its last one.
    """
    line, start = match[0], match.start()
    groups = page.groups[bisect_left(page.groups, begin) : bisect_left(page.groups, end)]
    if len(groups) == 1:
        return [_segment(line, start, page, groups[0])]
    lefts = [left for left, _, _, _ in page.boxes[begin:end]]
    is_sorted = all(map(lt, lefts, lefts[1:]))
    cuts = [0]
    for first in groups[1:]:
        at = _place(places, line, start, cuts[-1] + 1, Box(*page.boxes[first]), is_sorted=is_sorted)
        cuts.append(at if cuts[-1] < at < len(line) else cuts[-1])
    parts = zip(groups, pairwise([*cuts, len(line)]), strict=True)
    return [_segment(line[before:after], start + before, page, first) for first, (before, after) in parts]


def _segment(text: str, start: int, page: Layout, first: int) -> _Segment:
    """
    Return a part of a line.

    :param start: Its place in the page's text.
    :param first: Its first rectangle.
    """
    rest = text.lstrip()
    words, at = rest.rstrip(), start + len(text) - len(rest)
    return _Segment(words, (at, at + len(words)), page.columns[first], page.boxes[first][3])


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
    if returns < FEWEST_ROWS - 1:
        return False
    texts = [[segment.text for segment in segments if segment.column == column] for column in columns]
    return all(_words_a_line(some) >= _FEWEST_WORDS for some in texts)


def _words_a_line(texts: list[str]) -> float:
    """Return how many words lines have, on average of those that have any: the marks of notes stand alone."""
    counts = [len(_WORDS.findall(text)) for text in texts]
    return fmean([count for count in counts if count] or [0])


def _rows(rows: list[list[_Segment]]) -> list[Line]:
    """Return rows that have the same columns: each cell behind its header, where the first row is plainly one."""
    if len(rows) >= FEWEST_ROWS and len(rows[0]) > 1:
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
