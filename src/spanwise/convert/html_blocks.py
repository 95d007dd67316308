"""The walk through an HTML tree that writes its blocks as text; without recursion, however deep the tree."""

import re
from typing import TYPE_CHECKING

from spanwise.convert.html_furniture import is_furniture
from spanwise.convert.html_tables import is_grid
from spanwise.convert.text_writer import TextWriter, row_lines

if TYPE_CHECKING:
    from lxml.etree import _Element

_DROPPED = {
    "annotation", "applet", "audio", "button", "canvas", "datalist", "embed", "frameset", "iframe", "input",
    "noembed", "noframes", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title",
    "video",
}  # fmt: skip
_PARAGRAPHS = {
    "blockquote", "details", "dl", "fieldset", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "menu", "ol", "p",
    "table", "ul",
}  # fmt: skip
_LINES = {
    "address", "article", "aside", "body", "caption", "center", "dd", "dialog", "dir", "div", "dt", "figcaption",
    "footer", "form", "header", "hgroup", "legend", "li", "main", "nav", "optgroup", "option", "search", "section",
    "summary", "tbody", "td", "tfoot", "th", "thead", "tr",
}  # fmt: skip
_VERBATIM = {"pre", "listing", "xmp", "plaintext"}
_EXPONENT = re.compile(r"[-+\u2212]?(?:\d[\d.]*|[ijkmnNx])")
_INVISIBLE = {0xAD: None, 0x200B: None, 0xFEFF: None}  # soft hyphen, zero-width space, byte order mark
_LISTS = {"ul", "ol", "menu", "dir"}


def block_text(root: "_Element", *, with_furniture: bool = False) -> str:
    """
    Return the readable text of a tree.

    :param root: The lxml root element of an HTML page.
    :param with_furniture: Keep menus and hidden parts too.
    """
    from lxml import etree

    walk = _Walk()
    events = etree.iterwalk(root, events=("start", "end"))
    skipped = None
    for event, element in events:
        if event == "start":
            if element.tag in _DROPPED or (not with_furniture and is_furniture(element)):
                skipped = element
                events.skip_subtree()
                continue
            walk.open(element)
            walk.write(element.text)
            continue
        if skipped is not None and element is skipped:
            skipped = None
            walk.end_block(element)
        else:
            walk.close(element)
        if element is not root:
            walk.write(element.tail)
    return walk.text()


class _Walk:
    """What is open at one moment of the walk."""

    def __init__(self) -> None:
        self._writers = [TextWriter()]  # the page, and the cell of a table on it
        self._lists: list[int | None] = []  # the next number of each open list, None for bullets
        self._grid: _Element | None = None
        self._rows: list[list[str]] = [[]]
        self._verbatim: _Element | None = None
        self._raw: list[str] = []

    def text(self) -> str:
        return self._writers[0].text()

    def write(self, text: str | None) -> None:
        if text is None:
            return
        if not text.isascii():
            text = text.translate(_INVISIBLE)
        if self._verbatim is None:
            self._writers[-1].words(text)
        else:
            self._raw.append(text)

    def open(self, element: "_Element") -> None:
        tag = element.tag
        if self._verbatim is not None:
            self._open_verbatim_line(tag)
        elif tag in _VERBATIM:
            self._writers[-1].end_line(2)
            self._verbatim = element
        elif tag == "br":
            self._writers[-1].break_line()
        elif tag in _LISTS:
            self._writers[-1].end_line(1 if self._lists else 2)
            self._lists.append(_number(element.get("start"), 1) if tag == "ol" else None)
        elif tag == "li":
            self._open_list_item(element)
        elif tag in {"dt", "dd"}:
            self._open_definition(element)
        elif tag == "table" and is_grid(element):
            self._writers[-1].end_line(2)
            self._grid = element
        elif tag in {"td", "th"} and self._grid is not None:
            self._writers.append(TextWriter())
        elif tag == "sup" and _is_exponent(element):
            self._writers[-1].words("^")
        else:
            self.end_block(element)

    def close(self, element: "_Element") -> None:
        tag = element.tag
        if self._verbatim is not None:
            self._close_verbatim(element)
        elif tag in _LISTS:
            self._lists.pop()
            self._writers[-1].end_line(1 if self._lists else 2)
        elif tag in {"li", "dd"}:
            self._writers[-1].close_item()
        elif tag in {"td", "th"} and self._grid is not None:
            self._rows[-1].append(" ".join(self._writers.pop().text().split()))
        elif tag == "tr" and self._grid is not None:
            self._rows.append([])
        elif element is self._grid:
            self._close_grid()
        else:
            self.end_block(element)

    def end_block(self, element: "_Element") -> None:
        """Begin a new line or paragraph where a block begins or ends."""
        if element.tag in _PARAGRAPHS:
            self._writers[-1].end_line(2)
        elif element.tag in _LINES:
            self._writers[-1].end_line()

    def _open_list_item(self, item: "_Element") -> None:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            number = _number(item.get("value"), number)
            self._lists[-1] = number + 1
        is_first = all(sibling.tag != "li" for sibling in item.itersiblings(preceding=True))
        self._writers[-1].open_item("- " if number is None else f"{number}. ", follows="" if is_first else "item")

    def _open_definition(self, element: "_Element") -> None:
        previous = element.getprevious()
        follows_term = previous is not None and previous.tag == "dt"
        if element.tag == "dd":
            self._writers[-1].open_item("    ", follows="term" if follows_term else "")
        else:
            self._writers[-1].end_line(1 if follows_term else 2)

    def _open_verbatim_line(self, tag: str) -> None:
        starts_line = tag in _LINES and self._raw and not self._raw[-1].endswith("\n")
        if tag == "br" or starts_line:
            self._raw.append("\n")

    def _close_verbatim(self, element: "_Element") -> None:
        if element is not self._verbatim:
            self._open_verbatim_line(element.tag if element.tag != "br" else "")
            return
        self._writers[-1].verbatim("".join(self._raw).replace("\xa0", " ").strip("\n"))
        self._writers[-1].end_line(2)
        self._verbatim = None
        self._raw.clear()

    def _close_grid(self) -> None:
        for line in row_lines(self._rows):
            self._writers[-1].end_line()
            self._writers[-1].words(line)
        self._writers[-1].end_line(2)
        self._rows = [[]]
        self._grid = None


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else default


def _is_exponent(superscript: "_Element") -> bool:
    """Return whether a `sup` element's text would change the number or word that it is glued to, as 2^31 would."""
    return _EXPONENT.fullmatch("".join(map(str, superscript.itertext())).strip()) is not None
