"""Formats that are no XML, through Kreuzberg."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from spanwise.convert.extracted import Extracted, one_line
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.office.legacy_tables import with_parted_rows, with_rows
from spanwise.convert.office.sheet_writer import MOST_COLUMNS, MOST_ROWS, write_sheet
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
_DAMAGED = "\ufffd"


def convert_legacy(data: bytes, suffix: str) -> Extracted:
    """
    Return the text that Kreuzberg finds.

    :param data: The file's bytes.
    :param suffix: A key of `LEGACY_TYPES`.
    :returns: The text; slides count as pages.
    :raises ConversionError: If Kreuzberg cannot read it.
    """
    from kreuzberg import ExtractionConfig, PageConfig, extract_bytes_sync

    # Its cache would be a folder of texts in the current directory.
    config = ExtractionConfig(use_cache=False, output_format="plain", pages=PageConfig(extract_pages=True))
    try:
        result = extract_bytes_sync(data, LEGACY_TYPES[suffix], config)
    except BaseException as error:  # a panic in its core is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        msg = f"damaged, encrypted or not a {suffix} file: {one_line(str(error), limit=160)}"
        raise ConversionError(msg) from error
    title = one_line(result.metadata.get("title") or result.metadata.get("subject"))
    title = None if title is None or _DAMAGED in title else title
    if result.metadata.get("format_type") == "excel":
        return _workbook(result, title)
    if suffix == ".msg":
        return Extracted("\n\n".join([result.content, *_attachments(result)]), title=title)
    if suffix == ".rtf" and result.tables:
        return with_rows(result.content, result.tables).extracted(title)
    starts = _page_starts(result.content, result.metadata.get("pages"))
    if starts is None and "\t\t" in result.content:
        return with_parted_rows(result.content).extracted(title)
    return Extracted(result.content, title=title, page_starts=starts)


def _attachments(result: Any) -> Iterator[str]:
    """Yield what is attached to a mail by its name, with its text where Kreuzberg reads it."""
    texts = {str(child["path"]): child["result"].content.strip() for child in result.children or ()}
    names = map(str, result.metadata.get("attachments") or ())
    for name in dict.fromkeys([*names, *texts]):
        yield "\n\n".join(filter(None, [f"Attachment: {name}", texts.get(name)]))


def _workbook(result: Any, title: str | None) -> Extracted:
    names = list(result.metadata.get("sheet_names") or ())
    writer, left = BlockWriter(), MOST_ROWS
    for table in result.tables:
        at, cells = table.page_number - 1, table.cells[:left]
        # A sheet may have all the rows and columns that there can be, and hardly a cell with words.
        rows = [
            (number, [Cell(" ".join(cell.split())) for cell in row[:MOST_COLUMNS]])
            for number, row in enumerate(cells, 1)
            if any(row)
        ]
        write_sheet(writer, names[at] if 0 <= at < len(names) else "", rows)
        left -= len(cells)
        if left == 0:
            writer.left_out("bound", f"Only the first {MOST_ROWS:,} rows of this workbook were read.")
            break
    return writer.extracted(title) if result.tables else Extracted(result.content, title=title)


def _page_starts(text: str, pages: Mapping[str, Any] | None) -> tuple[int, ...] | None:
    if pages is None or pages.get("unit_type") not in {"page", "slide"}:
        return None
    encoded = text.encode()
    # Kreuzberg counts bytes.
    starts = [len(encoded[: page["byte_start"]].decode("utf-8", "ignore")) for page in pages.get("boundaries") or ()]
    ascending = starts[:1] == [0] and all(before <= after for before, after in pairwise(starts))
    return tuple(starts) if ascending else None
