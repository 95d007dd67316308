"""Writes the blocks of a document, as office formats have them, with the structure that they make up."""

import re
from collections.abc import Iterable, Iterator, Sequence

from spanwise.convert.extracted import Convert, Extracted, heading_parts, one_line, ordered
from spanwise.convert.limits import limits
from spanwise.convert.tables import (
    Cell,
    Grid,
    expand,
    implied_header_rows,
    join_labels,
    loses_words,
    row_line,
    table_lines,
)
from spanwise.errors import ConversionError
from spanwise.types import Part, PartKind

_DEEPEST_LIST = 9  # levels, as in Word
MOST_ROWS = 100_000  # of the sheets of one file that hold anything
MOST_COLUMNS = 1000
LONGEST_CELL = 1000  # characters; a table with longer ones lays out a page


class BlockWriter:
    r"""
    Collects paragraphs, headings, list items and tables, and where they stand.

    >>> writer = BlockWriter()
    >>> writer.heading(1, "Care")
    >>> writer.item(0, "7.", "Oil it")
    >>> extracted = writer.extracted()
    >>> extracted.text, extracted.parts[0].value
    ('Care\n\n7. Oil it', 'Care')
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._length = 0
        self._was_item = False
        self._headings: list[tuple[int, int, str]] = []
        self._parts: list[Part] = []
        self._section: tuple[int, PartKind, str] | None = None
        self._page_starts: list[int] = []
        self._warnings: list[str] = []
        self._wants_ocr = False

    def paragraph(self, text: str) -> None:
        """Write a paragraph; its line ends stay, other white space counts as one space."""
        lines = _lines(text)
        if lines:
            self._write("\n".join(lines), "\n\n")

    def left_out(self, why: str, text: str) -> None:
        """
        Write a line that stands in the text but in no passage.

        :param why: "contents" for a table of contents; "bound" for a warning that the file is not read to its end.
        """
        line = " ".join(text.split())
        if why == "bound":
            self._warnings.append(text)
        if line:
            start = self._write(line, "\n" if self._parts and self._parts[-1].end == self._length else "\n\n")
            self._parts.append(Part(start, self._length, "left_out", why))

    def heading(self, level: int, text: str) -> None:
        """
        Write a heading; what is too long for one is a paragraph that its author gave a heading's style.

        :param level: 1 for the highest.
        """
        line = one_line(text)
        if line is not None and line != " ".join(text.split()):
            self.paragraph(text)
        elif line is not None:
            self._headings.append((self._write(line, "\n\n"), max(level, 1), line))

    def mark_heading(self, level: int, text: str) -> None:
        """
        Let what follows stand below a heading that is not written itself.

        :param level: 1 for the highest.
        """
        self._headings.append((self._length + 2 if self._texts else 0, max(level, 1), one_line(text) or ""))

    def item(self, level: int, marker: str, text: str) -> None:
        """
        Write an item of a list.

        :param level: How many lists it stands in beside its own.
        :param marker: Its number or bullet; "" for none.
        """
        indent = "  " * min(max(level, 0), _DEEPEST_LIST)
        lines = _lines(text)
        if lines:
            hanging = "\n" + indent + " " * (len(marker) + 1 if marker else 0)
            start = indent + (f"{marker} " if marker else "")
            self._write(start + hanging.join(lines), "\n" if self._was_item else "\n\n")
            self._was_item = True

    def table(self, rows: Sequence[Sequence[Cell]], header_rows: int | None = None) -> None:
        """
        Write a table, one row a line.

        :param rows: The cells that each row has; a merged one only where it begins.
        :param header_rows: How many rows are headers; None where the file does not say so.
        """
        grid = expand(rows)
        if max(map(len, grid), default=0) < 2 or any(len(cell.text) > LONGEST_CELL for row in grid for cell in row):
            self._unruled(grid)
            return
        if header_rows is None and len(grid) > 1 and (len(grid) > 2 or _has_values(*grid)):
            header_rows = implied_header_rows(grid) or None
        self._rows(("", line) for _, line in table_lines(rows, header_rows))

    def sheet(self, name: str, rows: Iterable[tuple[int, Sequence[Cell]]]) -> None:
        """
        Write a sheet, its tables parted by empty rows: each row a line with the names of its columns.

        :param rows: The 1-based number and the cells of each row that holds anything; a merged cell is the very same
            object in every place that it covers.
        """
        self.begin_section("sheet", name)
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
            self._rows((str(number), line) for number, line in lines)
        self.end_section()

    def bound(self, most: int) -> None:
        """Say that sheets have more rows than the most that are read."""
        self.left_out("bound", f"Only the first {most:,} rows of this workbook were read.")

    def _rows(self, lines: Iterable[tuple[str, str]]) -> None:
        """Write the rows of a table, each known by a number of its own or by ""."""
        gap = "\n\n"
        for number, line in lines:
            start = self._write(line, gap)
            self._parts.append(Part(start, self._length, "row", number))
            gap = "\n"

    def begin_section(self, kind: PartKind, value: str) -> None:
        """
        Begin a sheet or a slide, which ends the one before.

        :param kind: "sheet" or "slide"; a slide is a page too.
        :param value: Its name or title, not written; "" for none.
        """
        self.end_section()
        self._section = self._length, kind, value
        if kind == "slide":
            self._page_starts.append(self._length if self._page_starts else 0)

    def end_section(self) -> None:
        """End the sheet or slide that was begun last."""
        if self._section is not None:
            start, kind, value = self._section
            if value and self._length > start:
                self._parts.append(Part(start + 2 if start else start, self._length, kind, value))
            self._section = None

    def append(self, other: Extracted) -> None:
        """Write another document's text, with its structure."""
        text = other.text.strip("\n")
        if other.warning:
            self._warnings.append(other.warning)
        self._wants_ocr |= other.wants_ocr
        if text.strip():
            start = self._write(text, "\n\n") - (len(other.text) - len(other.text.lstrip("\n")))
            self._parts += [
                Part(max(part.start + start, 0), min(part.end + start, self._length), part.kind, part.value)
                for part in other.parts
            ]

    def append_part(self, convert_part: Convert, data: bytes, name: str) -> None:
        """
        Write a document that this one holds; one that cannot be read, or has no words, loses itself only.

        :param convert_part: Converts it by its bytes and name.
        """
        try:
            self.append(convert_part(data, name))
        except ConversionError:
            return

    @property
    def text(self) -> str:
        """What was written so far."""
        return "".join(self._texts)

    def extracted(self, title: str | None = None) -> Extracted:
        """Return what was written."""
        self.end_section()
        return Extracted(
            self.text,
            title=title,
            page_starts=tuple(self._page_starts) or None,
            warning=" ".join(dict.fromkeys(self._warnings)),
            wants_ocr=self._wants_ocr,
            parts=ordered(self._parts, heading_parts(self._headings, self._length)),
        )

    def _unruled(self, grid: Grid) -> None:
        """Write a table that lays out a page: its cells one below the other."""
        before = None
        for row in grid:
            for cell in row:
                if cell is not before and cell.text:
                    self.paragraph(cell.text)
                before = cell

    def _write(self, text: str, gap: str) -> int:
        if self._texts:
            self._texts.append(gap)
            self._length += len(gap)
        start = self._length
        self._texts.append(text)
        self._length += len(text)
        limits().check_text(self._length)
        self._was_item = False
        return start


def _lines(text: str) -> list[str]:
    return [line for line in (" ".join(line.split()) for line in text.split("\n")) if line]


def _has_values(first: Sequence[Cell], second: Sequence[Cell]) -> bool:
    """Return whether of two rows the second alone has numbers."""
    above, below = (any(re.search(r"\d", cell.text) for cell in row) for row in (first, second))
    return below and not above


def _blocks(rows: Iterable[tuple[int, Sequence[Cell]]]) -> Iterator[list[tuple[int, list[Cell]]]]:
    block: list[tuple[int, list[Cell]]] = []
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
