"""Rows of a table on a PDF's page: each readable by itself where the table has a header."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from spanwise.convert.pdf.lines.cells import Row, Span, stripped
from spanwise.convert.pdf.lines.layout import FEWEST_ROWS
from spanwise.convert.tables import VALUE, looks_like_header

_APART = 1.8  # times the usual distance of rows
_MOST_CELLS = 0.8  # share of a column's cells that are values, in a column of values
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\W{0,3}[A-Z]{0,3}\W{0,2}\d")  # what a value begins with: "25", "(EUR 310", "A-1003"
_NO_NAME = re.compile(r"(?:.*\s)?[-\u2013\u2014]|[ivx]{2,}")  # what stands for no value, and pages of a preface

Line = Sequence[str | Span]


def rows_of_tables(rows: list[Row], text: str, cells: Callable[[Row], list[Span]]) -> Iterator[Line]:
    """
    Yield the lines of rows that have the same columns.

    :param rows: What stands further apart than most belongs to two tables.
    :param text: The page's text.
    :param cells: Returns where each cell of a row begins and ends; it takes a while.
    """
    for table in _tables(rows):
        header = [text[begin:end] for begin, end in cells(table[0])] if len(table) >= FEWEST_ROWS else []
        if _may_be_header(header):
            others = list(map(cells, table[1:]))
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
