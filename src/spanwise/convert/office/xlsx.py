"""Excel workbooks, read as a stream and no further than a stated bound."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from xml.etree.ElementTree import Element
from xml.parsers import expat

from spanwise.convert.extracted import Extracted
from spanwise.convert.numerals import integer
from spanwise.convert.office.block_writer import MOST_COLUMNS, MOST_ROWS, BlockWriter
from spanwise.convert.office.drawing import paragraphs
from spanwise.convert.office.number_formats import EPOCH, EPOCH_1904, Format, general, number_format
from spanwise.convert.office.package import Package
from spanwise.convert.tables import EMPTY, Cell
from spanwise.errors import ConversionError

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MOST_SHARED = 50_000_000  # characters of the texts that cells share
_MOST_MERGED = 100_000  # cells that repeat others


class _Enough(Exception):  # noqa: N818 - the bound was met, which is no error
    pass


def convert_xlsx(data: bytes) -> Extracted:
    """
    Return the rows of a workbook's sheets that are shown.

    :returns: The rows; beyond `MOST_ROWS` of them a line, in no passage, that says so.
    :raises ConversionError: If it is not a workbook.
    """
    package = Package(data, ".xlsx")
    name = package.main_part("xl/workbook.xml")
    root, relations = package.xml(name), package.relations(name)
    parts = dict(relations.values())
    is_1904 = next(root.iter("x:workbookPr"), root).get("date1904") in {"1", "true"}
    reader = _SheetReader(
        _shared_strings(package.read(parts.get("sharedStrings", "xl/sharedStrings.xml"))),
        _formats(package.xml(parts.get("styles", "xl/styles.xml")), EPOCH_1904 if is_1904 else EPOCH),
    )
    sheets = [
        (sheet.get("name") or "", relations.target(sheet.get("r:id")))
        for sheet in root.iter("x:sheet")
        if sheet.get("state", "visible") == "visible"
    ]
    lying = sorted(part for part in package.names() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", part))
    sheets = sheets or [(part.rpartition("/")[2].removesuffix(".xml"), part) for part in lying]
    if not sheets:
        msg = "damaged file or not an .xlsx: it has no sheets that can be read"
        raise ConversionError(msg)
    writer = BlockWriter()
    for sheet_name, part in sheets:
        writer.sheet(sheet_name, reader.read(package.read(part)))
        for drawing in package.relations(part).targets("drawing"):
            drawn = package.relations(drawing)
            for of_drawing in (drawing, *drawn.targets("chart"), *drawn.targets("diagramData")):
                writer.paragraph("\n".join(paragraphs(package.xml(of_drawing))))
        if reader.rows_left == 0:
            writer.bound(MOST_ROWS)
            break
    return writer.extracted(package.title())


class _SheetReader:
    """Reads sheets as streams."""

    def __init__(self, strings: list[str], formats: list[Format]) -> None:
        self._strings = strings
        self._formats = formats
        self.rows_left = MOST_ROWS

    def read(self, data: bytes) -> Iterator[tuple[int, list[Cell]]]:
        """Return the rows of a sheet that hold anything, as far as its XML is well formed."""
        self._rows: dict[int, dict[int, Cell]] = {}
        self._row = self._column = 0
        self._hidden = False
        self._hidden_columns: set[int] = set()
        self._kind = self._style = ""
        self._text: list[str] = []
        self._reads = False
        self._merged: list[tuple[int, int, int, int]] = []
        _parse(data, self._start, self._end, lambda text: self._text.append(text) if self._reads else None)
        self._repeat_merged()
        for number, cells in sorted(self._rows.items()):
            shown = [column for column in range(max(cells) + 1) if column not in self._hidden_columns]
            yield number, [cells.get(column, EMPTY) for column in shown]

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdigit() else self._row + 1
            self._column = -1
            self._hidden = attributes.get("hidden") in {"1", "true"}
        elif tag == "col" and attributes.get("hidden") in {"1", "true"}:
            first, last = (integer(attributes.get(name), 0) for name in ("min", "max"))
            self._hidden_columns.update(range(first - 1, min(last, MOST_COLUMNS)))
        elif tag == "c":
            place = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column(place[1]) if place is not None else self._column + 1
            self._row = int(place[2]) if place is not None else self._row
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._text = []
        elif tag in {"v", "t"}:
            self._reads = True
        elif tag == "rPh":
            self._kind = "phonetic"
        elif tag == "mergeCell":
            corners = _REFERENCE.findall(attributes.get("ref", ""))
            if len(corners) == 2:
                (left, top), (right, bottom) = corners
                self._merged.append((int(top), _column(left), int(bottom), _column(right)))

    def _end(self, tag: str) -> None:
        if tag in {"v", "t"}:
            self._reads = False
        elif tag == "c" and self._text and self._column < MOST_COLUMNS and not self._hidden:
            text = " ".join(_ESCAPE.sub(_unescaped, self._value("".join(self._text))).split())
            if text:
                if self._row not in self._rows:
                    if self.rows_left == 0:
                        raise _Enough
                    self.rows_left -= 1
                self._rows.setdefault(self._row, {})[self._column] = Cell(text)

    def _value(self, text: str) -> str:
        if self._kind == "s":
            return self._strings[int(text)] if text.isdigit() and int(text) < len(self._strings) else ""
        if self._kind == "b":
            return "TRUE" if text.strip() == "1" else "FALSE"
        if self._kind != "n":
            return text
        try:
            number = float(text)
        except ValueError:
            return text
        style = int(self._style) if self._style.isdigit() else 0
        return self._formats[style](number) if style < len(self._formats) else general(number)

    def _repeat_merged(self) -> None:
        left = _MOST_MERGED
        for top, first, lowest, rightmost in self._merged:
            cell = self._rows.get(top, {}).get(first)
            bottom, last = min(lowest, top + _MOST_MERGED), min(rightmost, MOST_COLUMNS)
            left -= (bottom - top + 1) * (last - first + 1) if cell is not None else 0
            if cell is None or left < 0:
                continue
            for row in range(top, bottom + 1):
                if row in self._rows:
                    self._rows[row] |= dict.fromkeys(range(first, last + 1), cell)


def _parse(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    characters: Callable[[str], None],
) -> None:
    """Call back for each element, by its name without a prefix, up to the first error in the XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, _Enough):
        return


def _shared_strings(data: bytes) -> list[str]:
    strings: list[str] = []
    parts: list[str] = []
    state = {"reads": False, "phonetic": False}
    left = _MOST_SHARED

    def start(tag: str, _: dict[str, str]) -> None:
        if tag == "si":
            parts.clear()
        elif tag in {"t", "rPh"}:
            state["phonetic" if tag == "rPh" else "reads"] = True

    def end(tag: str) -> None:
        nonlocal left
        if tag == "si":
            strings.append("".join(parts))
            left -= len(strings[-1]) + 50
            if left < 0:
                raise _Enough
        elif tag in {"t", "rPh"}:
            state["phonetic" if tag == "rPh" else "reads"] = False

    _parse(data, start, end, lambda text: parts.append(text) if state["reads"] and not state["phonetic"] else None)
    return strings


def _formats(root: Element, epoch: datetime) -> list[Format]:
    """Return for each style of cells how its numbers are shown."""
    codes = {element.get("numFmtId"): element.get("formatCode") or "" for element in root.iter("x:numFmt")}
    owner = next(root.iter("x:cellXfs"), ())
    identifiers = [element.get("numFmtId") for element in owner if element.tag == "x:xf"]
    return [number_format(integer(given, 0), codes.get(given, ""), epoch) for given in identifiers]


def _unescaped(match: re.Match[str]) -> str:
    """Return what `_x000D_` and the like stand for (ECMA-376 part 1, 22.9.2.19); a control character as a space."""
    code = int(match[1], 16)
    if 0xD800 <= code < 0xE000:
        return match[0]
    return chr(code) if code >= 0x20 else " "


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
