"""Writes sheets: rows that are each readable alone, with the headers of their columns and the sheet's row numbers."""

from collections.abc import Iterable, Iterator, Sequence

from spanwise.convert.limits import limits
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.tables import Cell, implied_header_rows, join_labels, loses_words, row_line

MOST_ROWS = 100_000  # of one file that hold anything
MOST_COLUMNS = 1000
Rows = list[tuple[int, list[Cell]]]


def write_sheet(writer: BlockWriter, name: str, rows: Iterable[tuple[int, Sequence[Cell]]]) -> None:
    """
    Write a sheet, its tables parted by empty rows.

    :param writer: Gets the lines, each known by the number of its row.
    :param name: The sheet's name.
    :param rows: The 1-based number and the cells of each row that holds anything; a merged cell is the very same object
        in every place that it covers.
    """
    writer.begin_section("sheet", name)
    labels: list[str] = []
    for block in _blocks(rows):
        lines: list[tuple[int, str]] = []
        while len(block) > 1 and _filled(block[0][1]) == 1:  # a title over the table
            number, row = block.pop(0)
            lines.append((number, row_line(row, ())))
        count = implied_header_rows([row for _, row in block])
        if count:
            header = block[:count]
            del block[:count]
            labels = join_labels([row for _, row in header])
            if loses_words([row for _, row in header], labels, [row for _, row in block]):
                lines += [(number, row_line(row, ())) for number, row in header]
        elif _filled(block[0][1]) < 2 or max(len(row) for _, row in block) != len(labels):
            labels = []  # another table than the one before
        lines += [(number, row_line(row, labels)) for number, row in block]
        writer.rows(lines, numbered=True)
    writer.end_section()


def _blocks(rows: Iterable[tuple[int, Sequence[Cell]]]) -> Iterator[Rows]:
    block: Rows = []
    count = 0
    for number, cells in rows:
        count += len(cells)
        limits().check_cells(count)
        row = list(cells)
        while row and not row[-1].text:
            row.pop()
        if not row:
            continue
        if block and number != block[-1][0] + 1:
            yield block
            block = []
        block.append((number, row))
    if block:
        yield block


def _filled(row: Sequence[Cell]) -> int:
    return len({id(cell) for cell in row if cell.text})
