"""
Columns of a PDF's page: those of sentences in the order of reading, those of a table with their headers.

Each row of a table is readable by itself then.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter
from statistics import fmean, median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.pdf.lines.layout import FEWEST_ROWS, Layout, boxes_by_line, gaps_of, gutters_of
from spanwise.convert.tables import VALUE, looks_like_header

_FEWEST_WORDS = 3.0  # on average in a line of a column; with fewer it is a table
_LINE = re.compile(r"[^\r\n]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_WORD = re.compile(r"\S+")
_SAME_PLACE = 0.01  # points
_APART = 1.8  # times the usual distance of rows
_MOST_CELLS = 0.8  # share of a column's cells that are values, in a column of values
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\W{0,3}[A-Z]{0,3}\W{0,2}\d")  # what a value begins with: "25", "(EUR 310", "A-1003"
_NO_NAME = re.compile(r"(?:.*\s)?[-\u2013\u2014]|[ivx]{2,}")  # what stands for no value, and pages of a preface

Span = tuple[int, int]
Line = Sequence[str | Span]


class Row(NamedTuple):
    """
    A line that keeps to columns.

    :param span: Where it begins and ends in the page's text.
    :param columns: The column of each cell, from the left.
    :param boxes: The first rectangle of each, as a `Box`.
    :param is_rising: Whether its rectangles stand from left to right.
    """

    span: Span
    columns: tuple[int, ...]
    boxes: tuple[list[float], ...]
    is_rising: bool

    def cells(self, places: Places) -> list[Span]:
        """
        Return where the words of each cell begin and end; it takes a while.

        A cell begins with the first word whose ink begins where its rectangle does; where there is none, at the
        character that is nearest to that place.
        """
        last, end = self.span
        starts = [last]
        words = _Words(places, self.span)
        for left, top, _, bottom in self.boxes[1:]:
            found = words.halved(last + 1, left) if self.is_rising else None
            if found is None:
                found = words.first(last + 1, left)
            if found is None:
                found = places.nearest(left + 0.5, (top + bottom) / 2)
            if last < found < end:
                last = found
            starts.append(last)
        return [stripped(places.text, span) for span in pairwise([*starts, end])]


def lines_in_columns(places: Places, found: NDArray[np.float64]) -> list[Line] | None:
    """
    Return a page's lines: columns of sentences one after the other, rows of a table with their headers.

    :param found: The rectangles around its words. *Shape:* (n, 4), as a `Box`.
    :returns: For each line its pieces: spans of the text, and words to put before them. None without columns.
    """
    text, gaps = places.text, gaps_of(found)
    gutters = gutters_of(gaps)
    if not gutters:
        return None
    matches = list(_LINE.finditer(text))
    by_line, ends = boxes_by_line(places.page, matches, found)
    page = Layout.of(by_line, gaps if by_line is found else gaps_of(by_line), gutters, ends)
    spans = [match.span() for match in matches]
    rows = _rows(spans, page)
    ordered: list[Line] = []
    lines = zip(spans, page.is_in_columns.tolist(), page.may_be_sorted.tolist(), strict=True)
    for may_be_sorted, block in groupby(lines, itemgetter(2)):
        if may_be_sorted:
            ordered += _ordered([next(rows) for _ in block], places)
        else:
            ordered += [[stripped(text, span) if is_in_columns else span] for span, is_in_columns, _ in block]
    return ordered


def _rows(spans: list[Span], page: Layout) -> Iterator[Row]:
    """Yield the lines that may have to be sorted."""
    is_sortable = page.may_be_sorted[page.lines]
    groups = zip(*(some[is_sortable].tolist() for some in (page.lines, page.columns, page.boxes)), strict=True)
    is_rising = page.is_rising.tolist()
    for line, group in groupby(groups, itemgetter(0)):
        _, columns, firsts = zip(*group, strict=True)
        yield Row(spans[line], columns, firsts, is_rising[line])


def _ordered(block: list[Row], places: Places) -> Iterator[Line]:
    """Yield the lines of a block, column by column if sentences were written row by row."""
    text = places.text
    columns = [column for row in block for column in row.columns]
    if _may_be_prose(columns, text[block[0].span[0] : block[-1].span[1]]):
        spans = [span for row in block for span in row.cells(places)]
        by_column = [
            [span for span, its in zip(spans, columns, strict=True) if its == column] for column in sorted(set(columns))
        ]
        if all(_words_a_line([text[begin:end] for begin, end in some]) >= _FEWEST_WORDS for some in by_column):
            yield from ([span] for some in by_column for span in some)
            return
    for of_row, group in groupby(block, attrgetter("columns")):
        if len(of_row) > 1:
            yield from rows_of_tables(list(group), places)
        else:
            yield from ([stripped(text, row.span)] for row in group)


def _may_be_prose(columns: list[int], text: str) -> bool:
    """Return whether a block goes back to columns before, and has words enough for sentences in each."""
    returns = sum(after < before for before, after in pairwise(columns))
    return returns >= FEWEST_ROWS - 1 and len(_WORDS.findall(text)) >= _FEWEST_WORDS * len(set(columns))


def _words_a_line(texts: list[str]) -> float:
    """Return how many words lines have, on average of those that have any: the marks of notes stand alone."""
    counts = [len(_WORDS.findall(text)) for text in texts]
    return fmean([count for count in counts if count] or [0])


def stripped(text: str, span: Span) -> Span:
    """Return where the words in a part of a text begin and end."""
    begin, end = span
    rest = text[begin:end].lstrip()
    return end - len(rest), end - len(rest) + len(rest.rstrip())


class _Words:
    """The words of a row, by the place at which their ink begins."""

    def __init__(self, places: Places, span: Span) -> None:
        self._places, self._text, self._span = places, places.text, span

    def halved(self, begin: int, left: float) -> int | None:
        """Return a word from `begin` on that stands at a place, looking at few if they stand from left to right."""
        text, low, high = self._text, begin, self._span[1]
        while low < high:
            at = max(text.rfind(" ", low, (low + high) // 2) + 1, low)
            here = self._places.left(at)
            if -_SAME_PLACE < here - left < _SAME_PLACE and text[at - 1] == " ":
                return at
            if here > left:
                high = at
            else:
                low = text.find(" ", at, self._span[1]) + 1 or high
        return None

    def first(self, begin: int, left: float) -> int | None:
        """Return the first word from `begin` on that stands at a place."""
        starts, lefts = self._all
        for at in range(bisect_left(starts, begin), len(starts)):
            if -_SAME_PLACE < lefts[at] - left < _SAME_PLACE:
                return starts[at]
        return None

    @cached_property
    def _all(self) -> tuple[list[int], list[float]]:
        starts = [word.start() for word in _WORD.finditer(self._text, *self._span)]
        return starts, self._places.lefts(starts).tolist()


def rows_of_tables(rows: list[Row], places: Places) -> Iterator[Line]:
    """
    Yield the lines of rows that have the same columns.

    :param rows: What stands further apart than most belongs to two tables.
    """
    text = places.text
    for table in _tables(rows):
        header = [text[begin:end] for begin, end in table[0].cells(places)] if len(table) >= FEWEST_ROWS else []
        if _may_be_header(header):
            others = [row.cells(places) for row in table[1:]]
            if _has_values_below(header, [[text[begin:end] for begin, end in row] for row in others]):
                yield from (_labeled(header, row) for row in others)
                continue
        yield from ([stripped(text, row.span)] for row in table)


def _tables(rows: list[Row]) -> list[list[Row]]:
    steps = [abs(before.boxes[0][3] - after.boxes[0][3]) for before, after in pairwise(rows)]
    tables, most = [rows[:1]], _APART * median(steps or [0])
    for step, row in zip(steps, rows[1:], strict=True):
        if step > most:
            tables.append([])
        tables[-1].append(row)
    return tables


def _may_be_header(names: list[str]) -> bool:
    is_number = any(2 * sum(map(str.isdigit, name)) > len(name) for name in names)
    return not is_number and not any(map(_NO_NAME.fullmatch, names)) and looks_like_header(names, [names])


def _has_values_below(header: list[str], others: list[list[str]]) -> bool:
    # Where headers have digits too, as in "Trip 3", the cells have to be nothing but values.
    is_value = VALUE.fullmatch if any(map(_DIGIT.search, header)) else _NUMBER.match
    columns = zip(*others, strict=True)
    return any(sum(bool(is_value(cell)) for cell in cells) >= _MOST_CELLS * len(cells) for cells in columns)


def _labeled(header: list[str], row: list[Span]) -> Line:
    """Return a row with each cell behind its header."""
    labels = [f"{'; ' if at else ''}{label}: " for at, label in enumerate(header)]
    return [piece for pieces in zip(labels, row, strict=True) for piece in pieces]
