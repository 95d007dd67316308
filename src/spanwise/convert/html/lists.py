"""The markers of list items, as a browser shows them."""

import re

from turbohtml import Element

from spanwise.convert.numerals import NUMERALS

_STYLES = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i",
    "upper-roman": "I", "decimal": "1", "none": "",
}  # fmt: skip
_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?\b(" + "|".join(_STYLES) + r")\b", re.IGNORECASE)
_INTEGER = re.compile(r"\s*([-+]?\d{1,9})(?!\d)")


class ListMarkers:
    """
    Counts the items of one list.

    :param element: The list: `ol`, or any other for bullets.
    """

    def __init__(self, element: Element) -> None:
        self._is_numbered = element.tag == "ol"
        self._kind = _kind(element, "1")
        is_reversed = self._is_numbered and element.attr("reversed") is not None
        self._step = -1 if is_reversed else 1
        items = sum(getattr(child, "tag", "") == "li" for child in element.children) if is_reversed else 1
        self._next = _integer(element.attr("start"), items)

    def marker(self, item: Element) -> str:
        """Return what the next item begins with, as "- " or "iv. "."""
        if not self._is_numbered:
            return "- "
        number = _integer(item.attr("value"), self._next)
        self._next = number + self._step
        kind = _kind(item, self._kind)
        return f"{_counter(number, kind)}. " if kind else "- "


def _kind(element: Element, default: str) -> str:
    style = _STYLE.search(element.attr("style") or "")
    if style is not None:
        return _STYLES[style[1].lower()]
    kind = element.attr("type")
    return kind if kind in {"1", "a", "A", "i", "I"} else default


def _integer(text: str | None, default: int) -> int:
    match = _INTEGER.match(text or "")
    return int(match[1]) if match else default


def _counter(number: int, kind: str) -> str:
    if kind in {"a", "A"} and number > 0:
        letters = ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord(kind) + rest) + letters
        return letters
    if kind in {"i", "I"} and 0 < number < 4000:
        return NUMERALS[kind](number)
    return str(number)
