"""Formats that are no XML: by our own code where that fits, else through Kreuzberg."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from struct import unpack_from
from typing import Any

from spanwise.convert.extracted import Convert, Extracted, is_untitled, one_line
from spanwise.convert.office.block_writer import MOST_COLUMNS, MOST_ROWS, BlockWriter
from spanwise.convert.office.legacy.doc import convert_doc
from spanwise.convert.office.legacy.ole import CompoundFile
from spanwise.convert.office.legacy.ppt import convert_ppt
from spanwise.convert.office.legacy.rtf import rtf_title, with_unicode
from spanwise.convert.tables import Cell
from spanwise.errors import ConversionError

LEGACY_TYPES = {
    ".doc": "application/msword",
    ".dot": "application/msword",
    ".msg": "application/vnd.ms-outlook",
    ".ppt": "application/vnd.ms-powerpoint",
    ".rtf": "application/rtf",
    ".xls": "application/vnd.ms-excel",
    ".xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
}
_OWN: dict[str, Callable[[CompoundFile], BlockWriter | None]] = {
    ".doc": convert_doc,
    ".dot": convert_doc,
    ".ppt": convert_ppt,
}
_DAMAGED = re.compile(r"\ufffd|\\'[0-9a-fA-F]{2}|[?]{3}")
_PICTURE = "[Image: image]"  # which stands there for any
_PLAIN_BODY = ("__substg1.0_1000001F", "__substg1.0_1000001E")
_HTML_BODY = ("__substg1.0_10130102", "__substg1.0_1013001E", "__substg1.0_1013001F")  # of a mail
_SHEET, _END = 0x85, 0x0A
_HIDDEN = 3  # either of its bits: hidden, or hidden so that only a program can show it
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d) 00:00:00")
_TIME = re.compile(r"1899-12-3[01] (\d\d:\d\d:\d\d)")


def convert_legacy(data: bytes, suffix: str, convert_part: Convert) -> Extracted:
    """
    Return the text of a file of one of `LEGACY_TYPES`.

    :returns: The text; slides count as pages.
    :raises ConversionError: If it cannot be read.
    """
    file = CompoundFile(data)
    own = _OWN[suffix](file) if suffix in _OWN else None
    if own is not None:
        return own.extracted(_title(file.title()))
    result = _kreuzberg(with_unicode(data.rstrip(b"\0")) if suffix == ".rtf" else data, suffix)
    text = result.content.replace(_PICTURE, "")
    named = rtf_title(data) if suffix == ".rtf" else file.title()
    title = _title(named or result.metadata.get("title") or result.metadata.get("subject"))
    if result.metadata.get("format_type") == "excel":
        return _workbook(result, title, set(_hidden_sheets(file)))
    if suffix == ".msg":
        writer = BlockWriter()
        writer.append(Extracted(text))
        _write_html_body(writer, file, convert_part)
        writer.append(Extracted("\n\n".join(_attachments(result))))
        return writer.extracted(title)
    if suffix == ".rtf" and result.tables:
        tables = [[[cell.replace(_PICTURE, "") for cell in row] for row in table.cells] for table in result.tables]
        return _with_rows(text, tables).extracted(title)
    starts = _page_starts(text, result.metadata.get("pages"))
    if starts is None and "\t\t" in text:
        return _with_parted_rows(text).extracted(title)
    return Extracted(text, title=title, page_starts=starts)


def _kreuzberg(data: bytes, suffix: str) -> Any:
    from kreuzberg import ExtractionConfig, PageConfig, extract_bytes_sync

    # Its cache would be a folder of texts in the current directory.
    config = ExtractionConfig(use_cache=False, output_format="plain", pages=PageConfig(extract_pages=True))
    try:
        return extract_bytes_sync(data, LEGACY_TYPES[suffix], config)
    except BaseException as error:  # a panic in its core is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        msg = f"damaged, encrypted or not a {suffix} file: {one_line(str(error), limit=160)}"
        raise ConversionError(msg) from error


def _title(text: str | None) -> str | None:
    title = one_line(text)
    return None if title is None or _DAMAGED.search(title) or is_untitled(title) else title


def _write_html_body(writer: BlockWriter, file: CompoundFile, convert_part: Convert) -> None:
    """Write the HTML of a mail that has no plain text."""
    is_plain = any(file.stream(name).strip(b"\0\r\n\t ") for name in _PLAIN_BODY)
    name = None if is_plain else next(filter(file.stream, _HTML_BODY), None)
    if name is not None:
        data = file.stream(name)
        page = data.decode("utf-16-le", "replace").encode() if name.endswith("F") else data
        writer.append_part(convert_part, page, "body.html")


def _attachments(result: Any) -> Iterator[str]:
    """Yield what is attached to a mail by its name, with its text where Kreuzberg reads it."""
    texts = {str(child["path"]): child["result"].content.strip() for child in result.children or ()}
    names = map(str, result.metadata.get("attachments") or ())
    for name in dict.fromkeys([*names, *texts]):
        yield "\n\n".join(filter(None, [f"Attachment: {name}", texts.get(name)]))


def _workbook(result: Any, title: str | None, hidden: set[str]) -> Extracted:
    names = list(result.metadata.get("sheet_names") or ())
    writer, left = BlockWriter(), MOST_ROWS
    for table in result.tables:
        at, cells = table.page_number - 1, table.cells[:left]
        name = names[at] if 0 <= at < len(names) else ""
        if name in hidden:
            continue
        # A sheet may have all the rows and columns that there can be, and hardly a cell with words.
        rows = [
            (number, [Cell(_shown_value(" ".join(cell.split()))) for cell in row[:MOST_COLUMNS]])
            for number, row in enumerate(cells, 1)
            if any(row)
        ]
        writer.sheet(name, rows)
        left -= len(cells)
        if left == 0:
            writer.bound(MOST_ROWS)
            break
    return writer.extracted(title) if result.tables else Extracted(result.content, title=title)


def _hidden_sheets(file: CompoundFile) -> Iterator[str]:
    """Yield the names of the sheets of an old workbook that are hidden."""
    data, version, at = file.stream("Workbook"), 8, 0
    if not data:
        data, version = file.stream("Book"), 7
    while at + 4 <= len(data):
        kind, size = unpack_from("<2H", data, at)
        if kind == _END:
            return
        record = data[at + 4 : at + 4 + size]
        if kind == _SHEET and len(record) > version and record[4] & _HIDDEN:
            is_wide = version == 8 and record[7] & 1
            name = record[version : version + record[6] * (2 if is_wide else 1)]
            yield name.decode("utf-16-le" if is_wide else "cp1252", "replace")
        at += 4 + size


def _shown_value(text: str) -> str:
    """
    Return a cell without the time of a date, or the date of a time, that nobody entered.

    >>> [_shown_value(text) for text in ("2031-10-07 00:00:00", "1899-12-31 08:30:00", "2031-10-07 08:30:00")]
    ['2031-10-07', '08:30:00', '2031-10-07 08:30:00']
    """
    found = _MIDNIGHT.fullmatch(text) or _TIME.fullmatch(text)
    return text if found is None else found[1]


def _with_rows(text: str, tables: Iterable[Sequence[Sequence[str]]]) -> BlockWriter:
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


def _with_parted_rows(text: str) -> BlockWriter:
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


def _page_starts(text: str, pages: Mapping[str, Any] | None) -> tuple[int, ...] | None:
    if pages is None or pages.get("unit_type") not in {"page", "slide"}:
        return None
    encoded = text.encode()
    # Kreuzberg counts bytes.
    starts = [len(encoded[: page["byte_start"]].decode("utf-8", "ignore")) for page in pages.get("boundaries") or ()]
    ascending = starts[:1] == [0] and all(before <= after for before, after in pairwise(starts))
    return tuple(starts) if ascending else None
