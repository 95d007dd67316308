"""Formats that are no XML: by our own code where that fits, else through Kreuzberg."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

from spanwise.convert.extracted import Convert, Extracted, is_untitled, one_line
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.office.legacy.doc import convert_doc
from spanwise.convert.office.legacy.msg import html_body
from spanwise.convert.office.legacy.ole import CompoundFile
from spanwise.convert.office.legacy.ppt import convert_ppt
from spanwise.convert.office.legacy.rtf import rtf_title, with_unicode
from spanwise.convert.office.legacy.summary import summary_title
from spanwise.convert.office.legacy.tables import with_parted_rows, with_rows
from spanwise.convert.office.legacy.xls import hidden_sheets, shown_value
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
_OWN: dict[str, Callable[[CompoundFile], BlockWriter | None]] = {
    ".doc": convert_doc,
    ".dot": convert_doc,
    ".ppt": convert_ppt,
}
_DAMAGED = re.compile(r"\ufffd|\\'[0-9a-fA-F]{2}|[?]{3}")
_PICTURE = "[Image: image]"  # which stands there for any


def convert_legacy(data: bytes, suffix: str, convert_part: Convert) -> Extracted:
    """
    Return the text of a file of one of `LEGACY_TYPES`.

    :param data: The file's bytes.
    :param suffix: A key of `LEGACY_TYPES`.
    :param convert_part: Converts a document that it holds, by its bytes and name.
    :returns: The text; slides count as pages.
    :raises ConversionError: If it cannot be read.
    """
    file = CompoundFile(data)
    own = _OWN[suffix](file) if suffix in _OWN else None
    if own is not None:
        return own.extracted(_title(summary_title(file)))
    result = _kreuzberg(with_unicode(data.rstrip(b"\0")) if suffix == ".rtf" else data, suffix)
    text = result.content.replace(_PICTURE, "")
    named = rtf_title(data) if suffix == ".rtf" else summary_title(file)
    title = _title(named or result.metadata.get("title") or result.metadata.get("subject"))
    if result.metadata.get("format_type") == "excel":
        return _workbook(result, title, hidden_sheets(file))
    if suffix == ".msg":
        writer = BlockWriter()
        writer.append(Extracted(text))
        page = html_body(file, convert_part)
        if page is not None:
            writer.append(page)
        writer.append(Extracted("\n\n".join(_attachments(result))))
        return writer.extracted(title)
    if suffix == ".rtf" and result.tables:
        tables = [[[cell.replace(_PICTURE, "") for cell in row] for row in table.cells] for table in result.tables]
        return with_rows(text, tables).extracted(title)
    starts = _page_starts(text, result.metadata.get("pages"))
    if starts is None and "\t\t" in text:
        return with_parted_rows(text).extracted(title)
    return Extracted(text, title=title, page_starts=starts)


def _kreuzberg(data: bytes, suffix: str) -> Any:
    """
    Return what Kreuzberg finds.

    :raises ConversionError: If it cannot read it.
    """
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


def _attachments(result: Any) -> Iterator[str]:
    """Yield what is attached to a mail by its name, with its text where Kreuzberg reads it."""
    texts = {str(child["path"]): child["result"].content.strip() for child in result.children or ()}
    names = map(str, result.metadata.get("attachments") or ())
    for name in dict.fromkeys([*names, *texts]):
        yield "\n\n".join(filter(None, [f"Attachment: {name}", texts.get(name)]))


def _workbook(result: Any, title: str | None, hidden: Collection[str]) -> Extracted:
    names = list(result.metadata.get("sheet_names") or ())
    writer, left = BlockWriter(), MOST_ROWS
    for table in result.tables:
        at, cells = table.page_number - 1, table.cells[:left]
        name = names[at] if 0 <= at < len(names) else ""
        if name in hidden:
            continue
        # A sheet may have all the rows and columns that there can be, and hardly a cell with words.
        rows = [
            (number, [Cell(shown_value(" ".join(cell.split()))) for cell in row[:MOST_COLUMNS]])
            for number, row in enumerate(cells, 1)
            if any(row)
        ]
        write_sheet(writer, name, rows)
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
