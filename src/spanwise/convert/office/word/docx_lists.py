"""Numbers of Word's lists and headings, which stand in the document's numbering part and not in its text."""

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element

from spanwise.convert.numerals import NUMERALS, integer
from spanwise.convert.office.word.docx_styles import Styles, below, is_on, value

_DEEPEST = 8  # levels are 0 to 8
_MOST_LINKS = 5  # from one definition to the next
BULLET = "-"


class ListNumbering:
    """Counts the items of a document's lists as Word does, by the root of its numbering part."""

    def __init__(self, root: Element, styles: Styles) -> None:
        self._styles = styles
        self._nums = {child.get("w:numId"): child for child in root if child.tag == "w:num"}
        self._abstracts = {child.get("w:abstractNumId"): child for child in root if child.tag == "w:abstractNum"}
        self._counts: dict[str, dict[int, int]] = {}
        self._lists: dict[str, _List] = {}

    def marker(self, paragraph: Element) -> tuple[int, str] | None:
        """
        Return the level, from 0, and the marker of a list's item; None for any other paragraph.

        Paragraphs must be given in the order of the document.

        :returns: The marker is "-" for a bullet, a number such as "1.", or "" for one that shows nothing.
        """
        number, level = self._place(paragraph)
        num = self._nums.get(number)
        if number is None or num is None:
            return None
        if number not in self._lists:
            owner, levels = self._levels(num)
            self._lists[number] = _List(num, levels, self._counts.setdefault(owner, {}))
        return level, self._lists[number].next_marker(level)

    def _place(self, paragraph: Element) -> tuple[str | None, int]:
        """Return list and level as the paragraph gives them, else as its style or that style's base does."""
        number = value(paragraph, "pPr", "numPr", "numId")
        level = value(paragraph, "pPr", "numPr", "ilvl")
        for style in self._styles.paragraph_chain(paragraph):
            if number is None:
                number = value(style, "pPr", "numPr", "numId")
                if number is not None and level is None:
                    level = value(style, "pPr", "numPr", "ilvl") or self._level_of_style(number, style)
        # Number 0 takes a paragraph out of the list that its style puts it in.
        return (None if number == "0" else number), _bounded(level)

    def _level_of_style(self, number: str, style: Element) -> str | None:
        num = self._nums.get(number)
        levels = {} if num is None else self._levels(num)[1]
        name = style.get("w:styleId")
        return next((str(at) for at, level in levels.items() if value(level, "pStyle") == name), None)

    def _levels(self, num: Element) -> tuple[str, dict[int, Element]]:
        """Return the name of a list's definition and its levels."""
        for _ in range(_MOST_LINKS):
            name = value(num, "abstractNumId") or ""
            abstract = self._abstracts.get(name)
            if abstract is None:
                break
            found = {_bounded(child.get("w:ilvl")): child for child in abstract if child.tag == "w:lvl"}
            linked = value(abstract, "numStyleLink")
            if found or linked is None:
                return name, found
            chain = self._styles.chain(linked)
            following = self._nums.get(value(chain[0], "pPr", "numPr", "numId")) if chain else None
            if following is None:
                break
            num = following
        return "", {}


class _List:
    """
    A list of a document.

    :param num: Its element, which may change levels of its definition.
    :param levels: The levels of its definition.
    :param counts: Where each level stands; lists of one definition share them.
    """

    def __init__(self, num: Element, levels: dict[int, Element], counts: dict[int, int]) -> None:
        # The first change of a level counts.
        changes = {_bounded(child.get("w:ilvl")): child for child in reversed(num) if child.tag == "w:lvlOverride"}
        own = {level: below(change, "lvl") for level, change in changes.items()}
        self._is_defined = bool(levels)
        self._levels = levels | {level: element for level, element in own.items() if element is not None}
        self._starts = {level: value(change, "startOverride") for level, change in changes.items()}
        self._counts = counts
        self._begun: set[int] = set()  # levels whose own start has been applied

    def next_marker(self, level: int) -> str:
        """Count an item, and return its marker."""
        if not self._is_defined:
            return BULLET
        self._count(level)
        definition = self._levels.get(level)
        if value(definition, "numFmt") == "bullet":
            return BULLET
        legal = is_on(definition, "isLgl")

        def number(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            numbering = value(self._levels.get(at), "numFmt") or "decimal"
            return _formatted(self._counts.get(at, self._start(at)), "decimal" if legal else numbering)

        return " ".join(re.sub(r"%([1-9])", number, value(definition, "lvlText") or "").split())

    def _count(self, level: int) -> None:
        for shallower in range(level):
            self._counts.setdefault(shallower, self._start(shallower))
        begins = level not in self._counts or (level not in self._begun and self._starts.get(level) is not None)
        self._counts[level] = self._start(level) if begins else self._counts[level] + 1
        self._begun.add(level)
        for deeper in [at for at in self._counts if at > level]:
            restart = value(self._levels.get(deeper), "lvlRestart")
            if restart is None or (restart != "0" and level < integer(restart, 1)):
                del self._counts[deeper]

    def _start(self, level: int) -> int:
        return integer(self._starts.get(level) or value(self._levels.get(level), "start"), 1)


def _bounded(level: str | None) -> int:
    return min(integer(level, 0), _DEEPEST)


def _formatted(number: int, numbering: str) -> str:
    """Return a number in one of Word's formats; "" for those that are written in words or in other scripts."""
    if numbering.startswith("decimal"):
        return f"{number:02d}" if numbering == "decimalZero" else str(number)
    return _FORMATS[numbering](number) if numbering in _FORMATS else ""


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


_FORMATS: dict[str, Callable[[int], str]] = {
    "lowerLetter": NUMERALS["a"],
    "upperLetter": NUMERALS["A"],
    "lowerRoman": NUMERALS["i"],
    "upperRoman": NUMERALS["I"],
    "ordinal": _ordinal,
}
