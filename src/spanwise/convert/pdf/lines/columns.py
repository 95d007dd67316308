"""Columns of a PDF's page: those of sentences in the order of reading, those of a table with their headers."""

import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from operator import attrgetter, itemgetter
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.pdf.lines.layout import FEWEST_ROWS, Layout, boxes_by_line, gaps_of, gutters_of
from spanwise.convert.pdf.lines.rows import Line, Row, Span, rows_of_tables, stripped

_FEWEST_WORDS = 3.0  # on average in a line of a column; with fewer it is a table
_LINE = re.compile(r"[^\r\n]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")


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
