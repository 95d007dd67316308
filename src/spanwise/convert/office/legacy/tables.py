"""Tables in the plain text that Kreuzberg writes: rows that are readable by themselves."""

from collections.abc import Iterable, Sequence

from spanwise.convert.extracted import Extracted
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.tables import Cell


def with_rows(text: str, tables: Iterable[Sequence[Sequence[str]]]) -> BlockWriter:
    """
    Write a text, its tables with the names of their columns in each row.

    :param text: Has each table as a paragraph, one row a line and a space between cells.
    :param tables: The cells of each row of each table.
    """
    writer = BlockWriter()
    text, done = f"\n\n{text}\n\n", 0
    for table in tables:
        paragraph = "\n".join(map(" ".join, table))
        begin = text.find(f"\n\n{paragraph}\n\n", done) if paragraph.strip() else -1
        if begin >= 0:
            writer.append(Extracted(text[done:begin]))
            writer.table([[Cell(" ".join(cell.split())) for cell in row] for row in table])
            done = begin + len(paragraph) + 2
    writer.append(Extracted(text[done:]))
    return writer


def with_parted_rows(text: str) -> BlockWriter:
    """
    Write a text, the tables in it that are plainly tables with the names of their columns in each row.

    :param text: Has each table on one line with the text behind it: a tab behind each cell, another behind each row.
    """
    writer = BlockWriter()
    lines: list[str] = []
    for line in text.split("\n"):
        fields = line.split("\t")
        width = _width(fields[:-1])
        if width == 0:
            lines.append(line)
            continue
        writer.append(Extracted("\n".join(lines)))
        cells = [Cell(" ".join(field.split())) for field in fields]
        writer.table([cells[at : at + width] for at in range(0, len(fields) - 1, width + 1)])
        lines = fields[-1:]
    writer.append(Extracted("\n".join(lines)))
    return writer


def _width(fields: list[str]) -> int:
    """
    Return how many cells each row has if the fields are rows of as many, each with an empty field behind it, else 0.

    >>> _width(["Article", "Price", "", "A-1003", "149", ""]), _width(["Article", "Price", "", "A-1003", ""])
    (2, 0)
    """
    for width in range(2, len(fields) // 2):
        is_parted = len(fields) % (width + 1) == 0 and not any(fields[width :: width + 1])
        if is_parted and all(field.strip() for field in fields[:width]):
            return width
    return 0
