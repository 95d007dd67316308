"""What a Word document's styles say of the text that is set in them."""

import re
from xml.etree.ElementTree import Element

from spanwise.convert.numerals import integer

_MOST_BASES = 20  # styles that are followed towards their base
_OFF = frozenset(["0", "false", "off", "none"])
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_BODY = 9  # the outline level of text that is no heading, whose levels are 0 to 8


def value(element: Element | None, *path: str) -> str | None:
    """Return the `w:val` of an element below another, or None without such an element or value."""
    element = below(element, *path)
    return None if element is None else element.get("w:val")


def below(element: Element | None, *path: str) -> Element | None:
    """Return the first element on a path of children's tags, without their `w:`, or None."""
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if child.tag == f"w:{name}"), None)
    return element


def is_on(element: Element | None, name: str) -> bool | None:
    """Return what a switch among an element's children says, or None without it."""
    found = below(element, name)
    return None if found is None else (found.get("w:val") or "1").lower() not in _OFF


class Styles:
    """The styles of a document, by the root of their part."""

    def __init__(self, root: Element) -> None:
        found = [element for element in root if element.tag == "w:style"]
        self._styles = {style.get("w:styleId"): style for style in found}
        defaults = [style for style in found if style.get("w:default") in {"1", "true"}]
        self._default = next((s.get("w:styleId") for s in defaults if s.get("w:type") == "paragraph"), None)

    def chain(self, name: str | None) -> list[Element]:
        """Return a style and those that it is based on, nearest first."""
        found: list[Element] = []
        while name in self._styles and len(found) < _MOST_BASES:
            found.append(self._styles[name])
            name = value(found[-1], "basedOn")
        return found

    def paragraph_chain(self, paragraph: Element) -> list[Element]:
        """Return a paragraph's style and those that it is based on, nearest first."""
        return self.chain(value(paragraph, "pPr", "pStyle") or self._default)

    def name(self, paragraph: Element) -> str:
        """Return the name of a paragraph's own style in lower case, or ""."""
        chain = self.chain(value(paragraph, "pPr", "pStyle"))
        return (value(chain[0], "name") or "").lower() if chain else ""

    def heading_level(self, paragraph: Element) -> int | None:
        """Return 1 for the highest heading, None for a paragraph that is none."""
        outline = value(paragraph, "pPr", "outlineLvl")
        for style in self.paragraph_chain(paragraph):
            named = _HEADING.match(value(style, "name") or "")
            if named is not None:
                return int(named[1])
            outline = outline if outline is not None else value(style, "pPr", "outlineLvl")
        level = integer(outline, _BODY)
        return level + 1 if level < _BODY else None

    def run_value(self, run: Element, paragraph_chain: list[Element], name: str) -> str | None:
        """Return the value of a run's property ("on" or "off" for a switch), by itself or by a style."""
        character = self.chain(value(run, "rPr", "rStyle"))
        for owner in (run, *character, *paragraph_chain):
            found = below(owner, "rPr", name)
            if found is not None:
                given = found.get("w:val")
                return "off" if given is not None and given.lower() in _OFF else given or "on"
        return None
