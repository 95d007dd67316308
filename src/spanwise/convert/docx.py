"""Word documents: the paragraphs, lists and tables of the body, in their order."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from spanwise.convert.docx_lists import WORD, ListNumbering
from spanwise.convert.extracted import Extracted, one_line
from spanwise.convert.text_writer import TextWriter, row_lines
from spanwise.errors import ConversionError

if TYPE_CHECKING:
    from lxml.etree import _Element

_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .doc, and of an encrypted .docx
_MOST_UNPACKED = 1_000_000_000  # bytes; more is a decompression bomb
_TABLE = f"{WORD}tbl"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_GONE = {_FALLBACK, f"{WORD}del", f"{WORD}moveFrom"}
_CHARACTERS = {f"{WORD}tab": "\t", f"{WORD}br": "\n", f"{WORD}cr": "\n", f"{WORD}noBreakHyphen": "-"}


def convert_docx(data: bytes) -> Extracted:
    """
    Return the text of a Word document's body; headers, footers, notes and comments are left out.

    :param data: The file's bytes.
    :raises ConversionError: If it is damaged, encrypted, or not a Word document.
    """
    _check_package(data)
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        title = one_line(document.core_properties.title)
        writer = TextWriter()
        _write(writer, _blocks(document.element.body), ListNumbering(document))
    except Exception as error:  # the library lets errors of zip, XML and its own look-ups through
        msg = f"damaged file or not a .docx: {one_line(str(error), limit=120) or type(error).__name__}"
        raise ConversionError(msg) from error
    return Extracted(writer.text(), title=title)


def _check_package(data: bytes) -> None:
    if data.startswith(_OLE_SIGNATURE):
        msg = "encrypted, or an old .doc: save it as a .docx without a password"
        raise ConversionError(msg)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            size = sum(part.file_size for part in package.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        msg = "damaged file or not a .docx: it is no zip archive"
        raise ConversionError(msg) from error
    if size > _MOST_UNPACKED:
        msg = f"it would unpack to {size:,} bytes, more than {_MOST_UNPACKED:,}"
        raise ConversionError(msg)


def _blocks(parent: "_Element") -> Iterator["_Element"]:
    """Yield paragraphs and tables in order, also those in content controls and text boxes."""
    stack = list(reversed(parent))
    while stack:
        element = stack.pop()
        if element.tag == _TABLE:
            yield element
            continue
        if element.tag == f"{WORD}p":
            yield element
            stack += reversed([box for box in element.iter(f"{WORD}txbxContent") if not _is_gone(box)])
        elif element.tag not in _GONE:
            stack += reversed(element)


def _is_gone(element: "_Element") -> bool:
    return any(parent.tag in _GONE for parent in element.iterancestors())


def _write(writer: TextWriter, blocks: Iterable["_Element"], numbering: ListNumbering) -> None:
    after_item = False
    for block in blocks:
        text = "" if block.tag == _TABLE else _paragraph_text(block)
        item = numbering.marker(block) if text.strip() else None
        if item is not None:
            level, marker = item
            writer.end_line(1 if after_item else 2)
            writer.open_item("  " * level + marker)
            writer.words(text)
            writer.close_item()
        elif block.tag == _TABLE:
            _write_lines(writer, row_lines([_row(row) for row in _parts(block, f"{WORD}tr")]))
        elif text.strip():
            _write_lines(writer, [" ".join(line.split()) for line in text.split("\n")])
        after_item = item is not None


def _write_lines(writer: TextWriter, lines: list[str]) -> None:
    writer.end_line(2)
    writer.verbatim("\n".join(lines))
    writer.end_line(2)


def _row(row: "_Element") -> list[str]:
    return [" ".join(_cell_text(cell).split()) for cell in _parts(row, f"{WORD}tc")]


def _parts(parent: "_Element", tag: str) -> Iterator["_Element"]:
    """Yield the rows of a table or the cells of a row, but not those of a table inside it."""
    for part in parent.iter(tag):
        if next(part.iterancestors(str(parent.tag))) is parent:
            yield part


def _cell_text(cell: "_Element") -> str:
    return " ".join(_paragraph_text(paragraph) for paragraph in cell.iter(f"{WORD}p"))


def _paragraph_text(paragraph: "_Element") -> str:
    parts: list[str] = []
    stack = [paragraph]
    while stack:
        element = stack.pop()
        if element.tag in {f"{WORD}t", _MATH_TEXT}:
            parts.append(element.text or "")
        elif element.tag in _CHARACTERS:
            parts.append(_CHARACTERS[element.tag])
        elif element.tag not in _GONE and element.tag not in {f"{WORD}txbxContent", f"{WORD}pPr"}:
            stack += reversed(element)
    return "".join(parts)
