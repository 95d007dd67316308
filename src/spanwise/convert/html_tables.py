"""Which tables are tables, and which only lay out a page."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = ("pre", "ul", "ol", "dl", "blockquote")


def is_grid(table: "_Element") -> bool:
    """
    Return whether a table has rows and columns of short cells, fit to be written one row a line.

    :param table: An lxml `table` element.
    """
    if table.get("role") in {"presentation", "none"} or next(table.iterdescendants("table"), None) is not None:
        return False
    widths = [sum(cell.tag in {"td", "th"} for cell in row) for row in table.iter("tr")]
    if len(widths) < 2 or max(widths) < 2 or next(table.iterdescendants(*_HEADINGS), None) is not None:
        return False
    has_header = next(table.iterdescendants("th", "caption"), None) is not None
    return has_header or next(table.iterdescendants(*_BLOCKS), None) is None
