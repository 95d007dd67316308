"""Tables of separated values: each row on the line that it has in the file, with the names of its columns."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from statistics import median

from spanwise.convert.encodings import decode_text
from spanwise.convert.extracted import Extracted
from spanwise.convert.limits import limits
from spanwise.convert.office.block_writer import MOST_ROWS
from spanwise.convert.tables import Cell, join_labels, labeled_line, looks_like_header
from spanwise.errors import ConversionError
from spanwise.types import Part

_DELIMITERS = ",;\t|"
_LOOKED_AT = 50  # lines
_LONGEST_CELL = 200  # lines; a longer one is a quotation mark that nothing closes
_LONGEST_VALUE = 10_000_000  # characters; the parser's own limit would be 131,072
Rows = list[tuple[int, int, list[str]]]  # number of the row, its first line from 0, cells


def convert_table(data: bytes, suffix: str = ".csv") -> Extracted:
    """
    Return the rows of a file of comma- or tab-separated values.

    :param suffix: ".tsv" for values that tabs separate; else what separates them is found out.
    :returns: The text, whose lines are numbered as in the file; beyond `MOST_ROWS` rows a line that says so.
    :raises ConversionError: If the bytes are not text, or hold too many cells or too long ones.
    """
    text = decode_text(data)
    delimiter = "\t" if suffix == ".tsv" else _delimiter(text)
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_VALUE))
    try:
        try:
            rows = list(_rows(text, delimiter, quoted=True))
        except csv.Error:
            rows = list(_rows(text, delimiter, quoted=False))
    except csv.Error as error:
        msg = f"a table that cannot be read: {error}"
        raise ConversionError(msg) from error
    limits().check_cells(sum(len(cells) for _, _, cells in rows))
    lines: list[str] = []
    parts: list[Part] = []
    labels: list[str] = []
    length = 0
    header = _header(rows)
    for number, line, cells in rows[:MOST_ROWS]:
        length += line - len(lines)
        lines += [""] * (line - len(lines))
        if number == header:
            labels = join_labels([[Cell(cell) for cell in cells]])
        written = labeled_line(cells, labels) if labels and number != header else " | ".join(cells).strip(" |")
        if written:
            parts.append(Part(length, length + len(written), "row", str(number)))
        lines.append(written)
        length += len(written) + 1
    note = ""
    if len(rows) > MOST_ROWS:
        note = f"Only the first {MOST_ROWS:,} rows of this file were read."
        lines.append(note)
        parts.append(Part(length, length + len(note), "left_out", "bound"))
    return Extracted("\n".join(lines), parts=tuple(parts), has_lines=True, warning=note)


def _rows(text: str, delimiter: str, *, quoted: bool) -> Iterator[tuple[int, int, list[str]]]:
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline="\n")
    spaced = delimiter != "\t"
    reader = csv.reader(
        lines, delimiter=delimiter, skipinitialspace=spaced, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    )
    before = 0
    for number, cells in enumerate(reader, 1):
        if quoted and reader.line_num - before > _LONGEST_CELL:
            msg = "a quotation mark is not closed"
            raise csv.Error(msg)
        if number == 1 and len(cells) <= 2 and text[:4].lower() == "sep=":
            before = reader.line_num
            continue  # a line for Excel alone
        yield number, before, [" ".join(cell.split()) for cell in cells]
        before = reader.line_num
        if number > MOST_ROWS:
            return


def _delimiter(text: str) -> str:
    """Return the sign that parts most lines into as many cells."""
    lines = [line for line in text[:100_000].splitlines()[:_LOOKED_AT] if line.strip()]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        return lines[0].strip()[4]

    def agreement(sign: str) -> tuple[int, int]:
        counts = Counter(len(cells) for cells in csv.reader(lines, delimiter=sign) if len(cells) > 1)
        width, often = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return often, width

    try:
        return max(_DELIMITERS, key=agreement)
    except csv.Error:
        return ","


def _width(cells: list[str]) -> int:
    return max((at for at, cell in enumerate(cells, 1) if cell), default=0)


def _header(rows: Rows) -> int:
    """Return the number of the row that names the columns, behind what is narrower than they are; 0 if none does."""
    narrow = 0
    for at, (number, _, cells) in enumerate(rows[:_LOOKED_AT]):
        if sum(map(bool, cells)) < 2:
            continue
        below = [cells for _, _, cells in rows[at + 1 : at + 11]]
        is_header = looks_like_header(cells, below) and not cells[0].startswith("# ")
        if 3 * _width(cells) > 2 * median([_width(row) for row in below if any(row)] or [0]):
            return number if is_header else narrow
        narrow = narrow or number * is_header
    return narrow
