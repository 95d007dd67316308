"""Which parts of a page are not its content: menus, breadcrumbs, hidden parts, permalink signs."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_ROLES = {"navigation", "search", "menu", "menubar", "banner", "contentinfo"}
_SECTIONS = {"article", "main", "section", "blockquote", "td", "li", "dd"}
_CONTAINERS = {"div", "ul", "ol", "table", "section", "aside", "form", "header", "footer", "p", "span", "center"}
_LINKS = {"a", "button", "select", "label"}
_SILENT = {"script", "style", "template"}
_MENU_NAME = re.compile(
    r"(?:bottom|foot|footer|global|head|header|left|main|mobile|page|right|side|site|sub|top)?"
    r"(?:nav|navbar|navigation|menu|sidebar)|nav(?:links?|path|row\d?)|toc|tableofcontents|nosearch"
)
_TRAIL_NAME = re.compile(r"breadcrumbs?|nav(?:header|footer)|pager|pagination|skip(?:links?|nav)?")
_LONGEST_TRAIL = 200  # characters
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_PERMALINK_SIGNS = {"¶", "§", "#", "🔗"}


def is_furniture(element: "_Element") -> bool:
    """
    Return whether an element is no part of the page's content. In doubt it is content.

    :param element: An lxml element of an HTML tree.
    """
    tag = element.tag
    if tag == "nav" or element.get("role") in _ROLES or _is_hidden(element):
        return True
    if tag == "a":
        points_here = (element.get("href") or "").startswith("#")
        return points_here and "".join(map(str, element.itertext())).strip() in _PERMALINK_SIGNS
    return _is_page_frame(element) or (tag in _CONTAINERS and _is_menu(element))


def _is_page_frame(element: "_Element") -> bool:
    """Return whether an element is the page's own footer, or a header of its own that holds no more than menus."""
    if element.tag not in {"header", "footer"} or any(parent.tag in _SECTIONS for parent in element.iterancestors()):
        return False
    return element.tag == "footer" or (element.find(".//nav") is not None and element.find(".//h1") is None)


def _is_hidden(element: "_Element") -> bool:
    hidden = element.get("hidden")
    # "until-found" hides content that a search in the page opens.
    if hidden is not None and hidden.lower() != "until-found":
        return True
    style = element.get("style")
    return element.get("aria-hidden") == "true" or (style is not None and _HIDDEN_STYLE.search(style) is not None)


def _is_menu(element: "_Element") -> bool:
    if element.tag == "aside":
        return _is_mostly_links(element)
    names = re.split(r"[^a-z0-9]+", f"{element.get('class', '')} {element.get('id', '')}".lower())
    if any(_TRAIL_NAME.fullmatch(name) for name in names):
        return _is_mostly_links(element, or_shorter_than=_LONGEST_TRAIL)
    return any(_MENU_NAME.fullmatch(name) for name in names) and _is_mostly_links(element)


def _is_mostly_links(element: "_Element", *, or_shorter_than: int = 1) -> bool:
    """Return whether most of an element's characters are links, or it has fewer of them than a limit."""
    linked = total = 0
    stack = [(element, False)]
    while stack:
        part, in_link = stack.pop()
        in_link = in_link or part.tag in _LINKS
        texts = [] if part.tag in _SILENT else [(part.text, in_link)]
        for child in part:
            stack.append((child, in_link))
            texts.append((child.tail, in_link))
        for text, is_linked in texts:
            length = len((text or "").strip())
            total += length
            linked += length * is_linked
    return linked > total / 2 or total < or_shorter_than
