"""Word documents: their paragraphs, lists, tables and notes, in the order in which they are read."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import takewhile
from xml.etree.ElementTree import Element

from spanwise.convert.extracted import Convert, Extracted, one_line
from spanwise.convert.numerals import integer
from spanwise.convert.office.block_writer import LONGEST_CELL, BlockWriter
from spanwise.convert.office.drawing import drawing_text
from spanwise.convert.office.package import Package, nearest
from spanwise.convert.office.word.docx_lists import ListNumbering
from spanwise.convert.office.word.docx_styles import Styles, below, is_on, value
from spanwise.convert.office.word.docx_text import Paragraph, ParagraphReader
from spanwise.convert.tables import Cell
from spanwise.errors import ConversionError

_GONE = frozenset(["w:del", "w:moveFrom", "w:sdtPr", "w:sectPr", "w:pPr", "w:tblPr", "w:tblGrid", "w:trPr", "w:tcPr"])
_BLOCKS = frozenset(["w:p", "w:tbl", "w:altChunk"])  # they may stand in content controls
_MOST_COLUMNS = 1000


def convert_docx(data: bytes, convert_part: Convert | None = None) -> Extracted:
    """
    Return the text of a Word document: its body, with notes below what cites them, then its headers and footers.

    :param convert_part: Converts a document of another kind that it holds, by its bytes and name.
    :returns: Its text, without what is hidden or deleted in it, and without comments.
    :raises ConversionError: If it is not a Word document.
    """
    package = Package(data, ".docx")
    name = package.main_part("word/document.xml")
    root = package.xml(name)
    if not root.tag:
        msg = "damaged file or not a .docx: it has no document part that can be read"
        raise ConversionError(msg)
    return _Document(package, name, convert_part).convert(root)


class _Document:
    """A document while it is read."""

    def __init__(self, package: Package, name: str, convert_part: Convert | None) -> None:
        self._package = package
        self._convert_part = convert_part
        self._relations = package.relations(name)
        self._styles = Styles(self._part("styles"))
        self._numbering = ListNumbering(self._part("numbering"), self._styles)
        self._reader = ParagraphReader(self._styles)
        self._notes = {
            (kind, note.get("w:id") or ""): note
            for kind in ("footnotes", "endnotes")
            for note in self._part(kind)
            if len(note)
        }
        self._writer = BlockWriter()
        self._title: str | None = None
        self._drop_cap = ""

    def convert(self, root: Element) -> Extracted:
        self._blocks(root)
        self._headers()
        return self._writer.extracted(self._package.title() or self._title)

    def _part(self, kind: str) -> Element:
        return self._package.xml(next(iter(self._relations.targets(kind)), ""))

    def _blocks(self, parent: Element) -> None:
        for element in nearest(parent, _BLOCKS, _GONE):
            if element.tag == "w:p":
                self._paragraph(element)
            elif element.tag == "w:tbl":
                self._table(element)
            elif element.tag == "w:altChunk" and self._convert_part is not None:
                name = self._relations.target(element.get("r:id"))
                self._writer.append_part(self._convert_part, self._package.read(name), name)

    def _paragraph(self, element: Element) -> None:
        found = self._reader.read(element)
        text = self._drop_cap + found.text
        frame = below(element, "pPr", "framePr")
        is_drop_cap = frame is not None and frame.get("w:dropCap") in {"drop", "margin"}
        self._drop_cap = text.strip() if is_drop_cap else ""
        if is_drop_cap:
            return
        item = self._numbering.marker(element)
        level = self._styles.heading_level(element)
        if not text.strip():
            pass
        elif level is not None:
            self._writer.heading(level, f"{item[1]} {text}" if item is not None and item[1] != "-" else text)
        elif item is not None:
            self._writer.item(item[0], item[1], text)
        elif self._styles.name(element).startswith("toc "):
            self._writer.left_out("contents", text)
        else:
            if self._title is None and self._styles.name(element) == "title":
                self._title = one_line(text)
            self._writer.paragraph(text)
        self._anchored(found)

    def _anchored(self, found: Paragraph) -> None:
        """Write what hangs on a paragraph: its text boxes, its charts and diagrams, the notes that it cites."""
        for box in found.boxes:
            self._blocks(box)
        for drawing in found.drawings:
            self._writer.paragraph(drawing_text(self._package.xml(self._relations.target(drawing))))
        for kind, name, mark in found.notes:
            note = self._notes.pop((kind, name), None)
            if note is not None:
                paragraphs = [self._reader.read(paragraph).text for paragraph in _paragraphs(note)]
                self._writer.paragraph(f"{mark} " + "\n".join(text for text in paragraphs if text.strip()).lstrip())

    def _table(self, table: Element) -> None:
        if _is_layout(table):
            for row in _rows(table):
                for cell in _cells(row):
                    self._blocks(cell)
            return
        anchored: list[Paragraph] = []
        rows = [(row, [(cell, self._cell(cell, anchored)) for cell in _cells(row)]) for row in _rows(table)]
        headers = list(takewhile(lambda row: is_on(below(row[0], "trPr"), "tblHeader"), rows))
        self._writer.table(_merged(rows), len(headers) or None)
        for found in anchored:
            self._anchored(Paragraph(drawings=found.drawings, notes=found.notes))

    def _cell(self, cell: Element, anchored: list[Paragraph]) -> str:
        texts = []
        for paragraph in _paragraphs(cell):
            item = self._numbering.marker(paragraph)
            found = self._reader.read(paragraph)
            marker = f"{item[1]} " if item is not None and item[1] != "-" and found.text.strip() else ""
            texts.append(marker + found.text)
            texts += [self._cell(box, anchored) for box in found.boxes]
            anchored.append(found)
        return "\n".join(text for text in texts if text.strip())

    def _headers(self) -> None:
        """Write each header and footer once, which hold more than fields; they stand in no passage."""
        seen = set()
        for kind, target in sorted(self._relations.values()):
            for paragraph in _paragraphs(self._package.xml(target)) if kind in {"header", "footer"} else ():
                text = self._reader.read(paragraph).text
                if text not in seen and any(map(str.isalpha, text)):
                    seen.add(text)
                    self._writer.left_out(kind, text)


def _paragraphs(parent: Element) -> Iterator[Element]:
    """Yield the paragraphs of blocks, those of tables inside them too."""
    for element in nearest(parent, _BLOCKS, _GONE):
        if element.tag == "w:p":
            yield element
        elif element.tag == "w:tbl":
            for row in _rows(element):
                for cell in _cells(row):
                    yield from _paragraphs(cell)


def _rows(table: Element) -> Iterator[Element]:
    for row in nearest(table, {"w:tr"}, _GONE | _BLOCKS):
        properties = below(row, "trPr")
        if below(properties, "del") is None and not is_on(properties, "hidden"):
            yield row


def _cells(row: Element) -> Iterator[Element]:
    return nearest(row, {"w:tc"}, _GONE | _BLOCKS)


def _is_layout(table: Element) -> bool:
    """Return whether a table has one column, or cells so long or so deep that they are no cells of a grid."""
    counts = [0]
    for row in _rows(table):
        cells = list(_cells(row))
        counts.append(len(cells))
        for cell in cells:
            if any(element.tag == "w:tbl" for element in nearest(cell, _BLOCKS, _GONE)):
                return True
            if sum(len(text.text or "") for text in cell.iter("w:t")) > LONGEST_CELL:
                return True
    return max(counts) < 2


def _merged(rows: Iterable[tuple[Element, list[tuple[Element, str]]]]) -> list[list[Cell]]:
    """Return a table's cells, those that are merged downwards as one."""
    lines: list[list[Cell]] = []
    above: dict[int, tuple[list[Cell], int]] = {}  # for a column, the row and place of the cell that reaches into it
    for row, cells in rows:
        column = _count(value(below(row, "trPr"), "gridBefore"), 0)
        line = [Cell("", column)] if column else []
        reaching: dict[int, tuple[list[Cell], int]] = {}
        for cell, text in cells:
            properties = below(cell, "tcPr")
            width = _count(value(properties, "gridSpan"), 1)
            merge = below(properties, "vMerge")
            if merge is not None and merge.get("w:val") != "restart" and column in above:
                begun, place = reaching[column] = above[column]
                begun[place] = replace(begun[place], rows=begun[place].rows + 1)
            else:
                if merge is not None:
                    reaching[column] = line, len(line)
                line.append(Cell(" ".join(text.split()), width))
            column += width
        above = reaching
        lines.append(line)
    return lines


def _count(text: str | None, default: int) -> int:
    return min(integer(text, default), _MOST_COLUMNS)
