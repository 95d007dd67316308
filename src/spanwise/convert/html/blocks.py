"""The walk through an HTML tree that writes its blocks as text; without recursion, however deep the tree."""

import re
from collections.abc import Iterator, Sequence

from turbohtml import Element, Node, Text, parse

from spanwise.convert.extracted import heading_parts, one_line, ordered
from spanwise.convert.html.boilerplate import FRAMES, Boilerplate
from spanwise.convert.html.inline import (
    form_value,
    is_content_button,
    is_switch,
    lowered,
    note_texts,
    picture_text,
    raised,
    ruby_text,
)
from spanwise.convert.html.lists import ListMarkers
from spanwise.convert.html.math import math_text
from spanwise.convert.html.tables import is_grid, table_cell
from spanwise.convert.tables import Cell, table_lines
from spanwise.convert.text_writer import Mark, TextWriter
from spanwise.types import Part

_DROPPED = {
    "applet", "audio", "canvas", "datalist", "defs", "desc", "embed", "head", "metadata", "noembed", "script", "style",
    "symbol", "title", "video",
}  # fmt: skip
_PARAGRAPHS = {
    "blockquote", "details", "dl", "fieldset", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "menu", "ol", "p",
    "table", "ul",
}  # fmt: skip
_LINES = {
    "address", "article", "aside", "body", "caption", "center", "dd", "dialog", "dir", "div", "dt", "figcaption",
    "footer", "foreignobject", "form", "header", "hgroup", "iframe", "legend", "li", "main", "nav", "object",
    "optgroup", "option", "search", "section", "summary", "svg", "tbody", "td", "text", "tfoot", "th", "thead", "tr",
}  # fmt: skip
_BREAKS = dict.fromkeys([*_LINES, "foreignObject"], 1) | dict.fromkeys(_PARAGRAPHS, 2)  # line ends around a block
_EMBEDDING = {"iframe", "noframes", "template"}
_VERBATIM = {"pre", "listing", "xmp", "plaintext"}
_LISTS = {"ul", "ol", "menu", "dir"}
_TABLE_PARTS = {"table", "tr", "td", "th"}
_CELLS = {"td", "th"}
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_DISPLAY = re.compile(r"(?:^|;)\s*display\s*:\s*([\w-]+)", re.IGNORECASE)
_FLEXIBLE = {"flex", "grid", "inline-flex", "inline-grid"}
_WHOLE = {"button", "img", "input", "math", "ruby", "select", "sub", "sup", "template", "textarea"}
_INLINE = {"inline", "contents", "none", "inherit", "initial", "unset", "revert", "ruby"}
_APART = {"a", "button", "label", "option"}  # set apart by style where nothing but it parts them
_BEGINNINGS = {"br", "li", "dt", "dd"} | _VERBATIM | _LISTS | _TABLE_PARTS | _APART
_ENDINGS = {"li", "dd"} | _LISTS | _TABLE_PARTS
_CODE = {"code", "kbd", "samp", "tt", "var"}
_NEW_WORD = re.compile(r".?[a-z\u00df-\u00ff\d)!?\u2026%][A-Z\u00c0-\u00de]|[^\W\d_]{2}\d")
_INVISIBLE = {0xAD: None, 0x200B: None, 0x2060: None, 0xFEFF: None}  # soft hyphen, zero-width space, word joiner, mark


def block_text(
    root: Element, boilerplate: Boilerplate | None, *, has_shadows: bool = False
) -> tuple[str, tuple[Part, ...]]:
    """
    Return the readable text of a tree, and its headings and table rows.

    :param boilerplate: Tells what to leave out; None to leave nothing out.
    :param has_shadows: Whether some elements show a shadow tree instead of what they contain.
    """
    return _Walk(root, boilerplate, has_shadows=has_shadows).written(root)


class _Walk:
    """What is open at one moment of the walk."""

    def __init__(self, root: Element, boilerplate: Boilerplate | None, *, has_shadows: bool) -> None:
        self._boilerplate = boilerplate
        self._notes = note_texts(root)
        self._has_shadows = has_shadows
        self._with_boxes = not all(map(is_switch, root.select("input[checked]")))
        # Each open element, what is left of it, and its display where a style says so.
        self._open: list[tuple[Element, Iterator[Node], str | None]] = []
        self._writers = [TextWriter()]  # the page, and the cell of a table on it
        self._lists: list[ListMarkers] = []
        self._grid: Element | None = None
        self._rows: list[list[Cell]] = []
        self._verbatim: Element | None = None
        self._raw: list[str] = []
        self._is_beside_inline = False
        self._heading: Mark | None = None
        self._headings: list[tuple[int, int, str]] = []
        self._parts: list[Part] = []  # rows and what is left out
        self._contents: tuple[Element, Mark] | None = None
        self._readings: list[str] = []

    @property
    def _writer(self) -> TextWriter:
        return self._writers[-1]

    def written(self, root: Element) -> tuple[str, tuple[Part, ...]]:
        self._enter(root)
        while self._open:
            element, rest, display = self._open[-1]
            is_flexible = display in _FLEXIBLE
            for node in rest:
                if isinstance(node, Text):
                    self._write(node.data)
                elif isinstance(node, Element):
                    if is_flexible and self._verbatim is None:
                        self._writer.end_line()
                    if self._enter(node):
                        break
            else:
                self._open.pop()
                self._leave(element, display)
        page = self._writers[0]
        return page.text(), ordered(heading_parts(self._headings, page.length), self._parts)

    def _enter(self, element: Element) -> bool:
        """Begin an element, or write it whole; return whether it was begun."""
        tag = element.tag
        if tag in _DROPPED:
            return False
        has_attributes = bool(element.attrs)
        if self._boilerplate is not None and (has_attributes or tag in FRAMES):
            if self._contents is None and self._boilerplate.is_contents(element):
                self._writer.end_line(2)
                self._contents = element, self._writer.mark()
            elif self._boilerplate.holds(element):
                self._end_block(tag)
                return False
        if self._verbatim is not None:
            self._open_verbatim_line(tag)
        elif tag in _WHOLE and self._write_whole(element, tag):
            return False
        else:
            self._begin(element, tag)
        children = iter(element.flattened_children if self._has_shadows else element)
        if tag in _EMBEDDING:
            children = iter(_embedded(element, tag))
        display = _display(element) if has_attributes else None
        if display is not None and self._verbatim is None:
            self._set_apart(tag, display)
        self._open.append((element, children, display))
        return True

    def _write_whole(self, element: Element, tag: str) -> bool:
        if tag == "sup":
            self._write(raised(element, self._writer.tail, self._notes))
        elif tag == "sub":
            self._write(lowered(element, self._writer.tail))
        elif tag == "math":
            self._write_formula(element)
        elif tag == "ruby":
            self._write_ruby(element)
        elif tag in {"img", "input", "select", "textarea"}:
            text = picture_text(element) if tag == "img" else form_value(element, with_boxes=self._with_boxes)
            self._write(f" {text} " if text else "")
        elif tag == "button":
            if is_content_button(element):
                self._writer.words(" ")
                return False
        elif tag == "template":
            return element.attr("shadowroot") is None
        else:
            return False
        return True

    def _begin(self, element: Element, tag: str) -> None:
        if tag not in _BEGINNINGS and "-" not in tag:
            self._begin_block(element, tag)
        elif tag in _VERBATIM:
            self._writer.end_line(2)
            self._verbatim = element
        elif tag == "br":
            self._writer.break_line()
        elif tag in _LISTS:
            self._writer.end_line(1 if self._lists else 2)
            self._lists.append(ListMarkers(element))
        elif tag == "li":
            self._open_list_item(element)
        elif tag in {"dt", "dd"}:
            self._open_definition(element, tag)
        elif tag in _TABLE_PARTS and self._begin_table(element, tag):
            pass
        elif "-" in tag or (tag in _APART and getattr(element.previous_sibling, "tag", None) == tag):
            self._writer.words(" ")
        else:
            self._begin_block(element, tag)

    def _begin_block(self, element: Element, tag: str) -> None:
        if tag not in _BREAKS:
            before = getattr(element.previous_sibling, "tag", None)
            self._is_beside_inline |= before is not None and before not in _BREAKS
        self._end_block(tag)
        if _heading_level(element, tag) is not None and len(self._writers) == 1:
            self._heading = self._writer.mark()

    def _begin_table(self, element: Element, tag: str) -> bool:
        """Begin a part of a table; return whether it is one whose rows are written each on a line."""
        if tag == "table" and self._grid is None and is_grid(element):
            self._writer.end_line(2)
            self._grid = element
        elif tag == "table" or self._grid is None:
            return False
        elif tag == "tr":
            self._rows.append([])
        else:
            self._writers.append(TextWriter())
        return True

    def _leave(self, element: Element, display: str | None) -> None:
        self._close(element, display)
        if self._contents is not None and element is self._contents[0]:
            start = self._contents[1].at
            if len(self._writers) == 1 and start < self._writer.length:
                self._parts.append(Part(start, self._writer.length, "left_out", "contents"))
            self._writer.end_line(2)
            self._contents = None

    def _close(self, element: Element, display: str | None) -> None:
        tag = element.tag
        if self._verbatim is not None:
            self._close_verbatim(element)
        elif tag in _ENDINGS and self._close_part(element, tag):
            pass
        else:
            if self._heading is not None:
                self._close_heading(element, tag)
            if "-" in tag:
                self._writer.words(" ")
            self._end_block(tag)
            if display is not None:
                self._set_apart(tag, display)

    def _close_part(self, element: Element, tag: str) -> bool:
        """End a part of a list or a table; return whether it is one."""
        if tag in _LISTS:
            self._lists.pop()
            self._writer.end_line(1 if self._lists else 2)
        elif tag in {"li", "dd"}:
            self._writer.close_item()
        elif tag in _CELLS and self._grid is not None:
            self._close_cell(element)
        elif element is self._grid:
            self._close_grid()
        else:
            return False
        return True

    def _end_block(self, tag: str) -> None:
        """Begin a new line or paragraph where a block begins or ends."""
        newlines = _BREAKS.get(tag)
        if newlines is not None and self._verbatim is None:
            self._writer.end_line(newlines)

    def _set_apart(self, tag: str, display: str) -> None:
        if tag in _LISTS or tag in _TABLE_PARTS or tag in {"li", "dd", "dt"}:
            return
        if display.startswith("inline") or display == "table-cell":
            self._writer.words(" ")
        else:
            self._writer.end_line()

    def _write(self, text: str) -> None:
        if not text.isascii():
            text = text.translate(_INVISIBLE)
        if self._verbatim is None:
            if self._is_beside_inline:
                self._part_from_before(text[:1])
            self._writers[-1].words(text)
        else:
            self._raw.append(text)

    def _part_from_before(self, first: str) -> None:
        """Set apart what begins an inline element from the one before, where it is no end of the same word."""
        self._is_beside_inline = False
        if _NEW_WORD.fullmatch(self._writer.tail[-2:] + first) and all(one.tag not in _CODE for one, *_ in self._open):
            self._writer.words(" ")

    def _write_formula(self, element: Element) -> None:
        is_display = element.attr("display") == "block"
        text = math_text(element)
        if is_display:
            self._writer.end_line()
        self._write(f" {text}" if self._writer.tail[-1:].isdigit() and text[:1].isdigit() else text)
        if is_display:
            self._writer.end_line()

    def _write_ruby(self, element: Element) -> None:
        base, reading = ruby_text(element)
        self._write(base)
        self._readings += [reading] if reading else []
        # A word whose characters are annotated one by one is not parted by its readings.
        if getattr(element.next_sibling, "tag", None) != "ruby" and self._readings:
            separator = " " if any(part[:1] < "\u0400" for part in self._readings) else ""
            self._write(f"({separator.join(self._readings)})")
            self._readings.clear()

    def _open_list_item(self, item: Element) -> None:
        marker = self._lists[-1].marker(item) if self._lists else "- "
        is_first = all(getattr(sibling, "tag", "") != "li" for sibling in item.previous_siblings)
        self._writer.open_item(marker, follows="" if is_first else "item")

    def _open_definition(self, element: Element, tag: str) -> None:
        before = (getattr(sibling, "tag", None) for sibling in element.previous_siblings)
        follows_term = next(filter(None, before), None) == "dt"
        if tag == "dd":
            self._writer.open_item("    ", follows="term" if follows_term else "")
        else:
            self._writer.end_line(1 if follows_term else 2)

    def _open_verbatim_line(self, tag: str) -> None:
        starts_line = tag in _LINES and self._raw and not self._raw[-1].endswith("\n")
        if tag == "br" or starts_line:
            self._raw.append("\n")

    def _close_verbatim(self, element: Element) -> None:
        if element is not self._verbatim:
            self._open_verbatim_line(element.tag if element.tag != "br" else "")
            return
        self._writer.verbatim("".join(self._raw).replace("\xa0", " ").strip("\n"))
        self._writer.end_line(2)
        self._verbatim = None
        self._raw.clear()

    def _close_heading(self, element: Element, tag: str) -> None:
        level = _heading_level(element, tag)
        if level is None or self._heading is None:
            return
        text = one_line(self._writer.since(self._heading))
        if text is not None:
            self._headings.append((self._heading.at, level, text))
        self._heading = None

    def _close_cell(self, element: Element) -> None:
        cell = table_cell(element, " ".join(self._writers.pop().text().split()))
        if not self._rows:
            self._rows.append([])
        self._rows[-1].append(cell)

    def _close_grid(self) -> None:
        for _, line in table_lines(self._rows):
            self._writer.end_line()
            mark = self._writer.mark()
            self._writer.words(line)
            if len(self._writers) == 1:
                self._parts.append(Part(mark.at, self._writer.length, "row", ""))
        self._writer.end_line(2)
        self._rows = []
        self._grid = None


def _embedded(element: Element, tag: str) -> Sequence[Node]:
    """Return what is shown of a document in an element."""
    if tag == "template":
        return element.children[0].children if element.children else ()
    page = element.text if tag == "noframes" else element.attr("srcdoc")
    root = parse(page).root if page else None
    return () if root is None else root.children


def _display(element: Element) -> str | None:
    """Return how an element is shown where its style says so, and not as a part of its line."""
    style = element.attr("style")
    match = _DISPLAY.search(style) if style else None
    return None if match is None or match[1].lower() in _INLINE else match[1].lower()


def _heading_level(element: Element, tag: str) -> int | None:
    if tag in _HEADINGS:
        return _HEADINGS[tag]
    if element.attr("role") != "heading":
        return None
    level = element.attr("aria-level") or ""
    return int(level) if level.isascii() and level.isdigit() and len(level) < 3 else 2
