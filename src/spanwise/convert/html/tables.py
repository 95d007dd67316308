"""Which tables are tables, and which only lay out a page; and the cells of the former."""

from turbohtml import Element, Node

from spanwise.convert.tables import Cell

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = ("pre", "ul", "ol", "dl", "blockquote")
_CELLS = {"td", "th"}
_BOLD = {"b", "strong"}


def is_grid(table: Element) -> bool:
    """Return whether a table has rows and columns of short cells, fit to be written one row a line."""
    if table.attr("role") in {"presentation", "none"} or table.find("table") is not None:
        return False
    widths = [sum(getattr(cell, "tag", "") in _CELLS for cell in row.children) for row in table.iter_elements("tr")]
    if len(widths) < 2 or max(widths) < 2 or next(table.iter_elements(_HEADINGS), None) is not None:
        return False
    has_header = next(table.iter_elements(("th", "caption", "thead")), None) is not None
    return has_header or next(table.iter_elements(_BLOCKS), None) is None


def table_cell(cell: Element, text: str) -> Cell:
    """Return a cell with its spans."""
    return Cell(text, _span(cell, "colspan", 1), _span(cell, "rowspan", 0), is_header=_is_header(cell))


def _span(cell: Element, name: str, least: int) -> int:
    value = (cell.attr(name) or "").strip()
    return max(int(value), least) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def _is_header(cell: Element) -> bool:
    if cell.tag == "th" or cell.attr("role") in {"columnheader", "rowheader"}:
        return True
    row = cell.parent
    section = getattr(row, "parent", None)
    if getattr(section, "tag", "") == "thead":
        return True
    # Tables written by hand have their header, the first row, in bold.
    return row is not None and all(getattr(one, "tag", "") != "tr" for one in row.previous_siblings) and _is_bold(cell)


def _is_bold(cell: Element) -> bool:
    content = _content(cell)
    while len(content) == 1 and getattr(content[0], "tag", "") in {"p", "font", "span", "center"}:
        content = _content(content[0])
    return bool(content) and all(getattr(child, "tag", "") in _BOLD for child in content)


def _content(parent: Node) -> list[Node]:
    return [child for child in parent.children if getattr(child, "tag", None) or getattr(child, "data", "").strip()]
