"""OpenDocument texts and presentations (.odt, .odp), packed or in one file (.fodt, .fodp)."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from xml.etree.ElementTree import Element

from spanwise.convert.extracted import Extracted, is_untitled, one_line
from spanwise.convert.numerals import NUMERALS, integer, span
from spanwise.convert.office.block_writer import MOST_ROWS, BlockWriter
from spanwise.convert.office.package import Package, nearest, parse_xml
from spanwise.convert.raised import raised
from spanwise.convert.tables import EMPTY, Cell
from spanwise.errors import ConversionError

_SKIPPED = frozenset(
    ["office:annotation", "office:annotation-end", "text:tracked-changes", "text:hidden-text", "office:forms",
     "text:sequence-decls", "text:ruby-text", "svg-compatible:title", "svg-compatible:desc", "text:note",
     "text:hidden-paragraph", "office:scripts", "text:index-title-template", "presentation:notes"]
)  # fmt: skip
_PARAGRAPHS = frozenset(["text:p", "text:h"])
_CHARACTERS = {"text:s": " ", "text:tab": "\t", "text:line-break": "\n"}
_RAISED = re.compile(r"super|[1-9]")
_NUMBERED = frozenset(["text:list-level-style-number", "text:outline-level-style"])
_OUTLINE = ""  # stands for the numbering of chapters among the styles of lists, which have names
_DEEPEST = 10  # levels of an outline
_MOST_REPEATED = 1000


def convert_opendocument(data: bytes) -> Extracted:
    """
    Return the text of an OpenDocument text or presentation; notes stand below what cites them, slides are pages.

    :returns: Its text, without what is hidden or deleted in it, and without comments.
    :raises ConversionError: If it is encrypted, or of another kind.
    """
    if data.lstrip()[:5] == b"<?xml":
        roots = [parse_xml(data)]
    else:
        package = Package(data, "OpenDocument file")
        if b"encryption-data" in package.read("META-INF/manifest.xml"):
            msg = "encrypted OpenDocument file: save it without a password"
            raise ConversionError(msg)
        roots = [package.xml(name) for name in ("content.xml", "styles.xml", "meta.xml")]
    body = next((element for root in roots for element in root.iter("office:body")), None)
    if body is None:
        msg = "damaged file or not an OpenDocument text: it has no content that can be read"
        raise ConversionError(msg)
    title = next((one_line("".join(element.itertext())) for root in roots for element in root.iter("dc:title")), None)
    document = _Document(roots)
    document.blocks(body)
    return document.writer.extracted(None if title is None or is_untitled(title) else title)


class _Document:
    """A document while it is read."""

    def __init__(self, roots: list[Element]) -> None:
        self.writer = BlockWriter()
        self._styles = {style.get("style:name"): style for root in roots for style in root.iter("style:style")}
        self._lists = {style.get("style:name"): style for root in roots for style in root.iter("text:list-style")}
        outline = next((style for root in roots for style in root.iter("text:outline-style")), None)
        if outline is not None:
            self._lists[_OUTLINE] = outline
        self._counts: dict[tuple[str | None, int], int] = {}  # of items, by list style and level
        self._notes: list[tuple[str, Element]] = []
        self._boxes: list[Element] = []

    def blocks(self, parent: Element) -> None:
        for element in parent:
            if element.tag in _SKIPPED or element.get("text:display") == "none":
                continue
            if element.tag in _PARAGRAPHS:
                self._paragraph(element)
            elif element.tag == "text:list":
                self._list(element, 0, element.get("text:style-name"))
            elif element.tag == "office:spreadsheet":
                self._sheets(element)
            elif element.tag == "table:table":
                self._table(element)
            elif element.tag == "text:table-of-content":
                for line in element.iter("text:p"):
                    self.writer.left_out("contents", self._text(line))
            elif element.tag == "draw:page":
                self._page(element)
            else:
                self.blocks(element)

    def _paragraph(self, element: Element) -> None:
        text = self._text(element)
        if element.tag == "text:h":
            level = max(1, min(integer(element.get("text:outline-level"), 1), _DEEPEST))
            marker = self._chapter(element, level)
            self.writer.heading(level, f"{marker} {text}" if marker and text.strip() else text)
        else:
            self.writer.paragraph(text)
        self._anchored()

    def _chapter(self, heading: Element, level: int) -> str:
        """Return the number of a heading that the outline numbers."""
        style = self._styles.get(heading.get("text:style-name"))
        for _ in range(_DEEPEST):
            if style is None or style.get("style:list-style-name") is not None:
                break
            style = self._styles.get(style.get("style:parent-style-name"))
        own = "" if style is None else style.get("style:list-style-name", _OUTLINE) or "none"
        if _OUTLINE not in self._lists or own == "none" or heading.get("text:is-list-header") == "true":
            return ""
        marker = self._marker(heading, _OUTLINE, level - 1)
        for deeper in range(level, _DEEPEST):
            self._counts.pop((_OUTLINE, deeper), None)
        return marker.removeprefix("-")

    def _anchored(self) -> None:
        notes, boxes = self._notes, self._boxes
        self._notes, self._boxes = [], []
        for box in boxes:
            self.blocks(box)
        for mark, body in notes:
            words = [self._text(paragraph) for paragraph in body.iter("text:p")]
            self.writer.paragraph(f"[{mark}] " + "\n".join(words))

    def _page(self, page: Element) -> None:
        style = self._styles.get(page.get("draw:style-name"), ())
        is_hidden = any(part.get("presentation:visibility") == "hidden" for part in style)
        frames = [] if is_hidden else list(page)
        titles = [frame for frame in frames if frame.get("presentation:class") == "title"]
        title = " ".join(self._text(paragraph) for frame in titles for paragraph in frame.iter("text:p"))
        self.writer.begin_section("slide", one_line(title) or "")
        self.writer.paragraph(title)
        for frame in frames:
            if frame.tag == "presentation:notes":
                words = [self._text(paragraph) for paragraph in frame.iter("text:p")]
                text = "\n".join(word for word in words if word.strip())
                self.writer.paragraph(f"Notes: {text}" if text else "")
            elif frame not in titles and frame.get("presentation:class") not in {"footer", "date-time", "page-number"}:
                self.blocks(frame)
        self._anchored()

    def _list(self, element: Element, level: int, style: str | None) -> None:
        style = element.get("text:style-name") or style
        if element.get("text:continue-numbering") != "true" and not element.get("text:continue-list"):
            self._counts.pop((style, level), None)
        for item in element:
            if item.tag not in {"text:list-item", "text:list-header"}:
                continue
            marker = self._marker(item, style, level) if item.tag == "text:list-item" else ""
            for child in item:
                if child.tag == "text:list":
                    self._list(child, level + 1, style)
                elif child.tag == "text:h":
                    text = self._text(child)
                    self.writer.heading(level + 1, f"{marker} {text}" if marker not in {"", "-"} else text)
                elif child.tag == "text:p":
                    self.writer.item(level, marker, self._text(child))
                    marker = ""
                    self._anchored()
                else:
                    self.blocks(child)

    def _marker(self, item: Element, style: str | None, level: int) -> str:
        levels = {definition.get("text:level"): definition for definition in reversed(self._lists.get(style, ()))}
        own = levels.get(str(level + 1))
        if own is None or own.tag not in _NUMBERED:
            return "-"
        key = style, level
        given = item.get("text:start-value") or (None if key in self._counts else own.get("text:start-value", "1"))
        self._counts[key] = integer(given, self._counts.get(key, 0) + 1)
        numbers = []
        for at in range(max(level + 1 - integer(own.get("text:display-levels"), 1), 0), level + 1):
            definition = levels.get(str(at + 1))
            form = None if definition is None else definition.get("style:num-format")
            if form in NUMERALS:
                numbers.append(NUMERALS[form](self._counts.get((style, at), 1)))
        number = ".".join(filter(None, numbers))
        before, after = own.get("style:num-prefix") or "", own.get("style:num-suffix") or ""
        return f"{before}{number}{after}".strip() if number else ""

    def _table(self, table: Element) -> None:
        shown = [(row, is_header) for row, is_header in _rows(table) if _is_visible(row)]
        rows = [[cell for cell in self._cells(row) if cell is not None] for row, _ in shown]
        self.writer.table(rows, sum(is_header for _, is_header in shown) or None)
        self._anchored()

    def _cells(self, row: Element, *, in_sheet: bool = False) -> list[Cell | None]:
        """Return the cells of a row, and None for those that a merged one covers."""
        cells: list[Cell | None] = []
        for cell in row:
            times = span(cell.get("table:number-columns-repeated"))
            if cell.tag == "table:table-cell":
                text = " ".join(" ".join(map(self._text, nearest(cell, _PARAGRAPHS, _SKIPPED))).split())
                if in_sheet and text and cell.get("office:value-type") == "date":
                    text = _moment(cell.get("office:date-value", text))
                columns, rows = (span(cell.get(f"table:number-{name}-spanned")) for name in ("columns", "rows"))
                cells += [Cell(text, columns, rows)] * times
            elif cell.tag == "table:covered-table-cell":
                cells += [None] * times
        return cells

    def _sheets(self, spreadsheet: Element) -> None:
        left = MOST_ROWS
        for sheet in (child for child in spreadsheet if child.tag == "table:table"):
            style = self._styles.get(sheet.get("table:style-name"), ())
            if any(part.get("table:display") == "false" for part in style):
                continue
            rows = ((row, self._cells(row, in_sheet=True)) for row, _ in _rows(sheet))
            kept = list(islice(_repeated(rows, _hidden_columns(sheet)), left))
            self.writer.sheet(sheet.get("table:name") or "", kept)
            left -= len(kept)
            if left == 0:
                self.writer.bound(MOST_ROWS)
                return

    def _text(self, element: Element) -> str:
        text = element.text or ""
        for child in element:
            text += self._inline(child, text) + (child.tail or "")
        return text

    def _inline(self, element: Element, before: str) -> str:
        if element.tag in _CHARACTERS:
            return _CHARACTERS[element.tag]
        if element.tag == "text:note":
            mark = next(("".join(part.itertext()) for part in element if part.tag == "text:note-citation"), "")
            self._notes += [(mark, part) for part in element if part.tag == "text:note-body"]
            return f" [{mark}]" if before and not before[-1].isspace() else f"[{mark}]"
        if element.tag == "text:ruby":
            parts = {part.tag: self._text(part) for part in element}
            return f"{parts.get('text:ruby-base', '')}({parts.get('text:ruby-text', '')})"
        is_box = element.tag.startswith("draw:") and element.tag != "draw:a"
        if is_box:
            self._boxes.append(element)
        style = self._styles.get(element.get("text:style-name"), ())
        properties = {key: value for part in style for key, value in part.items()}
        if is_box or element.tag in _SKIPPED or properties.get("text:display") == "none":
            return ""
        text = self._text(element)
        return raised(before, text) if _RAISED.match(properties.get("style:text-position", "")) else text


def _rows(table: Element) -> Iterator[tuple[Element, bool]]:
    for child in table:
        if child.tag == "table:table-row":
            yield child, False
        elif child.tag == "table:table-header-rows":
            yield from ((row, True) for row in child if row.tag == "table:table-row")
        elif child.tag in {"table:table-rows", "table:table-row-group"}:
            yield from _rows(child)


def _is_visible(row: Element) -> bool:
    """Return whether a row or a column is neither hidden nor left out by a filter."""
    return row.get("table:visibility", "visible") == "visible"


def _hidden_columns(sheet: Element) -> frozenset[int]:
    """Return which columns of a sheet are hidden, counted from 0."""
    hidden: set[int] = set()
    at = 0
    for column in nearest(sheet, {"table:table-column"}, {"table:table-row"}):
        times = span(column.get("table:number-columns-repeated"))
        if not _is_visible(column):
            hidden.update(range(at, at + times))
        at += times
    return frozenset(hidden)


def _repeated(
    rows: Iterable[tuple[Element, list[Cell | None]]], hidden: frozenset[int]
) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the number and the cells of each row that holds anything, merged ones in every place that they cover."""
    number = 1
    merged: dict[int, tuple[Cell, int]] = {}  # for a column, a cell that covers others, and the last row of these
    for row, cells in rows:
        times = integer(row.get("table:number-rows-repeated"), 1)
        line: list[Cell] = []
        for at, cell in enumerate(cells):
            if cell is not None and (cell.columns > 1 or cell.rows > 1):
                end, most = at + 1, min(at + cell.columns, len(cells))
                while end < most and cells[end] is None:
                    end += 1
                merged |= dict.fromkeys(range(at, end), (cell, number + cell.rows - 1))
            above, last = merged.get(at, (EMPTY, number))
            if at not in hidden:
                line.append(cell or (above if number <= last else EMPTY))
        is_filled = any(cell is not None and cell.text and at not in hidden for at, cell in enumerate(cells))
        if is_filled and _is_visible(row):
            yield from ((number + at, line) for at in range(min(times, _MOST_REPEATED)))
        number += times


def _moment(value: str) -> str:
    """Return an ISO date, and its time if there is one: of the day's first minute it is none."""
    day, _, time = value.partition("T")
    shown = time[:5] if time[6:8] in {"", "00"} else time[:8]
    return day if shown in {"", "00:00"} else f"{day} {shown}"
