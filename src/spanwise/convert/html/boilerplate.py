"""Which parts of a page are not its content: menus, breadcrumbs, hidden parts. In doubt it is content."""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache

from turbohtml import Element, Node

_ROLES = {"navigation", "search", "menu", "menubar", "contentinfo"}
_SECTIONS = {"article", "main", "section", "blockquote", "td", "li", "dd"}
_CONTAINERS = {"div", "ul", "ol", "table", "section", "aside", "form", "header", "footer", "p", "span", "center"}
FRAMES = {"noscript", "nav", "header", "footer", "aside"}
"""What may be boilerplate without any attribute that says so."""

_HIDING = {"hidden", "style", "aria-hidden"}
_LINKS = ("a", "button", "select", "label")
_MOST_LOOKS = 100  # times the page's length that is looked at to tell boilerplate in elements in elements
_MENU_NAME = re.compile(
    r"(?:bottom|foot|footer|global|head|header|left|main|mobile|page|right|side|site|sub|top)?[-_]?"
    r"(?:nav|navbar|navigation|menu|sidebar)|nav[-_]?(?:links?|path|row\d?)|nosearch"
)
_CONTENTS_NAME = re.compile(r"(?:\w+[-_])?toc(?:[-_]\w+)?|table[-_]?of[-_]?contents")
_TRAIL_NAME = re.compile(
    r"(?:\w+-)?breadcrumbs?|nav[-_]?(?:header|footer)|pager|pagination|mw-editsection|mw-jump(?:-link)?|"
    r"skip(?:[-_]?(?:links?|nav|to[-_]content))?"
)
_NAMES = {"contents": _CONTENTS_NAME, "trail": _TRAIL_NAME, "menu": _MENU_NAME}
_LONGEST_TRAIL = 200  # characters
_SHORTEST_MAIN = 40  # characters; a notice to wait is shorter
_HIDDEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_PERMALINK_SIGNS = {"¶", "§", "#", "🔗", "\uf0c1"}  # the last of Font Awesome
_FOLDED_ROLES = {"tabpanel", "region"}
_CONTROLS = ("aria-controls", "data-target", "data-bs-target")
_SCRIPT_NOTICE = re.compile(r"(?:java)?scripts?\b|browser|cookies", re.IGNORECASE)
_LONGEST_NOTICE = 300  # characters


class Boilerplate:
    """
    Tells boilerplate on one page.

    What holds the page's main heading or most of its characters never is any, whatever it is called: a page with an
    element left open has all that follows inside that element. Links alone may be most of a page beside its `main`.

    :param root: The root of the parsed page, without scripts and styles.
    """

    def __init__(self, root: Element) -> None:
        self._total = _length(root.text)
        self._budget = _MOST_LOOKS * (self._total + 1000)
        self._around_heading = set(_main_heading_path(root))
        self._root = root

    def holds(self, element: Element) -> bool:
        """Return whether an element is boilerplate."""
        return self._is_named(element) and not self._is_main(element)

    def is_contents(self, element: Element) -> bool:
        """Return whether an element is a table of contents: text of the page, but no answer to anything."""
        if (element.tag not in _CONTAINERS and element.tag != "nav") or "contents" not in _named(element):
            return False
        return self._is_mostly_links(element) and not self._is_hidden(element) and not self._is_main(element)

    def _is_main(self, element: Element) -> bool:
        if element in self._around_heading:
            return True
        return _length(element.text) * 2 > self._total and not self._is_list_beside_main(element)

    def _is_list_beside_main(self, element: Element) -> bool:
        """Return whether an element is links to other pages, as of a manual's chapters, and `main` is another one."""
        around = set(element.ancestors)
        mains = [main for main in self._root.select("main, [role=main]") if _length(main.text) >= _SHORTEST_MAIN]
        is_apart = bool(mains) and all(main not in around and element not in set(main.ancestors) for main in mains)
        return is_apart and self._is_mostly_links(element)

    def _is_mostly_links(self, element: Element, *, or_shorter_than: int = 1) -> bool:
        """Return whether most of an element's characters are links, or it has fewer of them than a limit."""
        total = _length(element.text)
        self._budget -= total
        if total < or_shorter_than or self._budget < 0:
            return self._budget >= 0
        return sum(_length(link.text) for link in element.iter_elements(_LINKS)) > total / 2

    def _is_named(self, element: Element) -> bool:
        tag, role = element.tag, element.attr("role")
        if tag == "noscript":
            text = element.text.strip()
            return len(text) < _LONGEST_NOTICE and _SCRIPT_NOTICE.search(text) is not None
        if tag == "nav" or role in _ROLES or (tag == "footer" and _is_page_frame(element)):
            return True
        if role == "banner" or (tag == "header" and _is_page_frame(element)):
            return self._is_mostly_links(element, or_shorter_than=_LONGEST_TRAIL)
        if self._is_hidden(element) or (tag in _CONTAINERS and self._is_menu(element)):
            return True
        if tag != "a" or not (element.attr("href") or "").startswith("#"):
            return False
        return element.text.strip().rstrip("\ufe0e\ufe0f") in _PERMALINK_SIGNS  # as a sign or as a picture

    def _is_menu(self, element: Element) -> bool:
        if element.tag == "aside":
            return self._is_mostly_links(element)
        named = _named(element)
        if "trail" in named:
            return self._is_mostly_links(element, or_shorter_than=_LONGEST_TRAIL)
        return "menu" in named and self._is_mostly_links(element)

    def _is_hidden(self, element: Element) -> bool:
        if _HIDING.isdisjoint(element.attrs):
            return False
        hidden, style = element.attr("hidden"), element.attr("style")
        if (hidden is None or hidden.lower() == "until-found") and (style is None or not _HIDDEN_STYLE.search(style)):
            # What is kept from screen readers alone can be seen: it counts as content unless it is an icon's name.
            return element.attr("aria-hidden") == "true" and len(element.text.split()) < 3
        # A click may open it, as in an accordion or behind a tab.
        is_folded = element.attr("role") in _FOLDED_ROLES or element.attr("id") in self._controlled
        return not is_folded and element.find("math") is None

    @cached_property
    def _controlled(self) -> set[str]:
        """The ids of what buttons and tabs open."""
        values = [part.attr(name) for name in _CONTROLS for part in self._root.select(f"[{name}]")]
        values += [tab.attr("href") for tab in self._root.select("a[role=tab]")]
        return {name.lstrip("#") for value in values for name in (value or "").split()} - {""}


def _named(element: Element) -> frozenset[str]:
    """Return what the names of an element, its classes and its id, say that it is."""
    return _named_by(element.attr("class"), element.attr("id"))


@lru_cache(maxsize=1000)
def _named_by(of_class: str | None, of_id: str | None) -> frozenset[str]:
    names = f"{of_class or ''} {of_id or ''}".lower().split()
    return frozenset(kind for kind, pattern in _NAMES.items() if any(map(pattern.fullmatch, names)))


def _length(text: str) -> int:
    """Return how many characters a text has, white space apart."""
    return len(text) - sum(map(text.count, " \n\t"))


def _main_heading_path(root: Element) -> Iterable[Node]:
    """Return the elements around the heading that the page is about: the first `h1` outside any menu, or the first."""
    headings = [heading for heading in root.iter_elements("h1") if heading.text.strip()]
    if not headings:
        return ()
    outside = (heading for heading in headings if heading.closest("nav, [role=navigation], [hidden], footer") is None)
    return next(outside, headings[0]).ancestors


def _is_page_frame(element: Element) -> bool:
    """Return whether an element is the page's own footer, or a header of its own that holds no more than menus."""
    if any(getattr(parent, "tag", None) in _SECTIONS for parent in element.ancestors):
        return False
    return element.tag == "footer" or (element.find("nav") is not None and element.find("h1") is None)
