"""Tables as lines that are each readable alone: "Article: A-1003; Name: Telescopic ladder; Price: 149"."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest

from spanwise.convert.limits import limits

_LONGEST_LABEL = 80  # characters; a longer header would drown the cell that it is repeated with
_MOST_COLUMNS = 1000  # as in HTML's standard
_MOST_CELLS = 2_000_000  # after merged cells are repeated; what is merged beyond that counts once
_MOST_LOOKED_AT = 10  # rows below a header
_MANY = 8  # columns
_YEAR = re.compile(r"(?:19|20)\d\d(?:[/\u2013-]\d\d(?:\d\d)?)?")
VALUE = re.compile(r"[-+\u2212(]?[^\w\s]?\s?\d[\d\s.,:/%-]*\)?\s?\S{0,3}")  # a number, amount, date or time


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """
    One cell as it stands in a file.

    :param text: Its text on one line.
    :param columns: How many columns it spans.
    :param rows: How many rows it spans; 0 for all that follow.
    :param is_header: Whether the file says that it is a header.
    """

    text: str
    columns: int = 1
    rows: int = 1
    is_header: bool = False


EMPTY = Cell("")
Grid = list[list[Cell]]


def table_lines(rows: Sequence[Sequence[Cell]], header_rows: int | None = None) -> list[tuple[int, str]]:
    """
    Return the lines of a whole table, each with the 1-based number of its row.

    >>> rows = [[Cell("Machine"), Cell("Torque")], [Cell("Lathe", rows=2), Cell("25 Nm")], [Cell("30 Nm")]]
    >>> [line for _, line in table_lines(rows, header_rows=1)]
    ['Machine: Lathe; Torque: 25 Nm', 'Machine: Lathe; Torque: 30 Nm']

    :param rows: The cells that each row has; a merged one only where it begins.
    :param header_rows: How many rows are headers, where the file says so; None to go by its header cells.
    :returns: Nothing for empty rows. A header that no row repeats, having no cell there, stands on a line before.
    """
    grid = expand(rows)
    used = sorted({at for row in grid for at, cell in enumerate(row) if cell.text})
    grid = [[row[at] for at in used if at < len(row)] for row in grid]
    is_told = header_rows is None
    count = count_header_rows(grid) if is_told else min(header_rows or 0, len(grid))
    lines: list[tuple[int, str]] = []
    at = 0
    while True:
        following = range(at + count + 1, len(grid)) if is_told else ()
        end = next((end for end in following if _is_header_row(grid[end])), len(grid))
        lines += _segment_lines(grid[at:end], count, at)
        if end == len(grid):
            return [(number, line) for number, line in lines if line]
        at, count = end, count_header_rows(grid[end:])


def _segment_lines(grid: Grid, count: int, before: int) -> list[tuple[int, str]]:
    """Return the lines of rows below one header of `count` rows, `before` rows after the table's first."""
    # A header over the whole width is the table's title, no part of each column's name.
    titles = [(number, row) for number, row in enumerate(grid[:count], before + 1) if _is_banner(row)]
    labels = join_labels([row for row in grid[:count] if not _is_banner(row)])
    lines = [(before + number, row_line(row, labels)) for number, row in enumerate(grid[count:], count + 1)]
    if loses_words(grid[:count], labels, grid[count:]):
        titles = list(enumerate(grid[:count], before + 1))
    return [*((number, row_line(row, ())) for number, row in titles), *lines]


def _is_header_row(row: Sequence[Cell]) -> bool:
    return not _is_banner(row) and sum(cell.is_header and bool(cell.text) for cell in row) > 1 and _all_headers(row)


def _all_headers(row: Sequence[Cell]) -> bool:
    return all(cell.is_header or not cell.text for cell in row)


def expand(rows: Sequence[Sequence[Cell]]) -> Grid:
    """
    Return the rows with each merged cell in every place that it covers, the very same object.

    :param rows: The cells that each row has; a merged one only where it begins.
    """
    grid: Grid = []
    hanging: dict[int, tuple[Cell, int]] = {}  # for a column, the cell that reaches down into it and how much further
    limits().check_cells(sum(map(len, rows)))
    budget = _MOST_CELLS
    for at, row in enumerate(rows):
        cells = iter(row)
        line: list[Cell] = []
        cell = next(cells, None)
        reach = max(hanging, default=-1)
        while cell is not None or reach >= len(line):
            column = len(line)
            if column in hanging:
                above, left = hanging.pop(column)
                line.append(above)
                if left > 1:
                    hanging[column] = above, left - 1
                continue
            if cell is None:
                line.append(EMPTY)
                continue
            down = len(rows) - at if cell.rows == 0 else min(cell.rows, len(rows) - at)
            width = max(min(cell.columns, _MOST_COLUMNS - column), 1)
            if width * down > budget:
                width = down = 1
            budget -= width * down
            for covered in range(column, column + width):
                line.append(cell)
                if down > 1:
                    hanging[covered] = cell, down - 1
            cell = next(cells, None)
        grid.append(line)
    return grid


def count_header_rows(grid: Grid) -> int:
    """Return how many rows, from the first, hold nothing but header cells; never all of a table's rows."""
    headers = list(takewhile(lambda row: any(cell.text for cell in row) and _all_headers(row), grid))
    return len(headers) if len(headers) < len(grid) else 0


def looks_like_header(first: Sequence[str], rows: Iterable[Sequence[str]]) -> bool:
    """Return whether a table that does not say so has its columns' names in the first row."""
    names, below = list(filter(None, first)), list(rows)
    fit = len({name for name in names if len(name) <= _LONGEST_LABEL})
    # Of many columns, as of a survey, some may have long names, or the same.
    if len(names) < 2 or len(names) * 2 < len(first) or fit < (0.75 if len(names) >= _MANY else 1) * len(names):
        return False
    values = [at for at, cell in enumerate(first) if VALUE.fullmatch(cell)]
    if values and not _are_years(first, values, below):
        return False
    others = [row for row in below if list(row) != list(first)]
    if any(name and name == cell for row in others for name, cell in zip(first, row, strict=False)):
        return False  # what is said again in its column is no name of it
    return any(any(row) for row in below)


def _are_years(first: Sequence[str], columns: Sequence[int], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether some cells of a row are years in their order, behind a name and over what are no years."""
    years = [first[at] for at in columns]
    below = (row[at] for row in rows for at in columns if at < len(row))
    return (
        len(years) > 1
        and columns[0] > 0
        and years in (sorted(years), sorted(years, reverse=True))
        and all(map(_YEAR.fullmatch, years))
        and not any(map(_YEAR.fullmatch, below))
    )


def implied_header_rows(grid: Sequence[Sequence[Cell]]) -> int:
    """
    Return how many rows name the columns of a table that does not say so, from 0 to 2.

    :param grid: Its first rows, merged cells repeated.
    """
    first, *below = grid[: _MOST_LOOKED_AT + 1]
    columns = [at for at, cell in enumerate(first) if at == 0 or not cell.text or cell is not first[at - 1]]
    once, *rows = ([row[at].text for at in columns if at < len(row)] for row in (first, *below))
    if not looks_like_header(once, rows):
        return 0
    if len(below) > 1 and _divides(first, below[0]):
        return 2
    # What is merged in a form is not the name of columns.
    return int(len(once) == len(first) or sum(map(bool, once)) > 2)


def _divides(first: Sequence[Cell], second: Sequence[Cell]) -> bool:
    """Return whether a row names the parts of merged cells above it, and nothing besides."""
    is_divided = False
    for at, (above, cell) in enumerate(zip_longest(first[: len(second)], second, fillvalue=EMPTY)):
        goes_on = at > 0 and first[at - 1 : at] == [above]
        if above.text and not goes_on and first[at + 1 : at + 2] != [above]:
            if cell.text and cell is not above:
                return False
        elif VALUE.fullmatch(cell.text) and not _YEAR.fullmatch(cell.text):
            return False
        is_divided |= bool(above.text and goes_on and cell.text) and cell is not second[at - 1]
    return is_divided


def join_labels(header: Sequence[Sequence[Cell]]) -> list[str]:
    """
    Return the name of each column: the words of its header rows, or of the last alone if those are too long.

    :param header: Header rows, merged cells repeated.
    """
    labels = []
    for column in range(max(map(len, header), default=0)):
        words = [row[column].text for row in header if column < len(row)]
        label = " ".join(word for word, before in zip(words, ["", *words], strict=False) if word != before)
        fits = next((one for one in (label, *words[-1:]) if len(one) <= _LONGEST_LABEL), "")
        labels.append(fits.strip().removesuffix(":"))
    return labels


def row_line(row: Sequence[Cell], labels: Sequence[str]) -> str:
    """
    Return one row as a line.

    :param row: Its cells, merged ones repeated; see `expand`.
    :param labels: The columns' names, "" for none; empty for a table without a header.
    :returns: `name: cell` for each cell that holds something, parted by "; ", or the bare cells parted by " | ".
    """
    if _is_banner(row) or not any(labels):
        cells = [cell for at, cell in enumerate(row) if at == 0 or cell is not row[at - 1]]
        filled = [cell for cell in cells if cell.text]
        # A first column of header cells names what stands beside it.
        if len(filled) == 2 and filled[0].is_header and not filled[1].is_header:
            return f"{filled[0].text.removesuffix(':')}: {filled[1].text}"
        return " | ".join(cell.text for cell in cells).strip(" |") if filled else ""
    return labeled_line([cell.text for cell in row], labels)


def labeled_line(cells: Sequence[str], labels: Sequence[str]) -> str:
    """
    Return the cells that hold something, each behind its column's name.

    :param labels: The columns' names, "" or none for a column without one.
    """
    return "; ".join(
        f"{labels[at]}: {cell}" if at < len(labels) and labels[at] else cell for at, cell in enumerate(cells) if cell
    )


def _is_banner(row: Sequence[Cell]) -> bool:
    """Return whether one cell goes over the whole row, as a heading within a table does."""
    return len(row) > 1 and all(cell is row[0] for cell in row)


def loses_words(header: Sequence[Sequence[Cell]], labels: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bool:
    """
    Return whether the lines of a table lack words of its header: names of empty columns, or too long to be repeated.

    :param header: Header rows, merged cells repeated.
    :param labels: The columns' names that `join_labels` made of it.
    """
    written = {at for row in rows if not _is_banner(row) for at, cell in enumerate(row) if cell.text}
    is_long = any(len(cell.text) > _LONGEST_LABEL for row in header for cell in row)
    return is_long or any(label and at not in written for at, label in enumerate(labels))
