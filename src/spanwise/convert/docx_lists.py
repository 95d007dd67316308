"""Bullets and numbers of Word's lists, which stand in the document's numbering part and not in its text."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docx.document import Document
    from lxml.etree import _Element

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VALUE = f"{WORD}val"
_MOST_BASES = 20  # styles that are followed towards their base


class ListNumbering:
    """
    Counts the items of a document's lists.

    :param document: The document, as python-docx opens it.
    """

    def __init__(self, document: "Document") -> None:
        self._styles = {style.get(f"{WORD}styleId"): style for style in document.styles.element.iter(f"{WORD}style")}
        self._formats = _formats(document)
        self._counts: dict[tuple[str, int], int] = {}

    def marker(self, paragraph: "_Element") -> tuple[int, str] | None:
        """
        Return the level, from 0, and the marker ("- " or "1. ") of a list item; None for any other paragraph.

        Paragraphs must be given in the order of the document.

        :param paragraph: A `w:p` element.
        """
        number, level_name = self._place(paragraph)
        # Number 0 takes a paragraph out of the list that its style puts it in.
        if number in {None, "0"}:
            return None
        level = int(level_name or 0)
        place = str(number), level
        for deeper in range(level + 1, 9):
            self._counts.pop((place[0], deeper), None)
        if self._formats.get(place, "bullet") in {"bullet", "none"}:
            return level, "- "
        self._counts[place] = self._counts.get(place, 0) + 1
        return level, f"{self._counts[place]}. "

    def _place(self, paragraph: "_Element") -> tuple[str | None, str | None]:
        """Return list and level as the paragraph gives them, else as its style or that style's base does."""
        number = _value(paragraph, "pPr", "numPr", "numId")
        level = _value(paragraph, "pPr", "numPr", "ilvl")
        style = self._styles.get(_value(paragraph, "pPr", "pStyle"))
        for _ in range(_MOST_BASES):
            if style is None or (number is not None and level is not None):
                break
            number = _value(style, "pPr", "numPr", "numId") if number is None else number
            level = _value(style, "pPr", "numPr", "ilvl") if level is None else level
            style = self._styles.get(_value(style, "basedOn"))
        return number, level


def _formats(document: "Document") -> dict[tuple[str, int], str]:
    """Return the number format, such as "bullet" or "decimal", for each list and level."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    # The library's own accessor fails on a document without lists.
    if not any(relation.reltype == RELATIONSHIP_TYPE.NUMBERING for relation in document.part.rels.values()):
        return {}
    root: _Element = document.part.numbering_part.element
    abstracts = {abstract.get(f"{WORD}abstractNumId"): abstract for abstract in root.iter(f"{WORD}abstractNum")}
    formats = {}
    for number in root.iter(f"{WORD}num"):
        abstract = abstracts.get(_value(number, "abstractNumId"))
        for level in () if abstract is None else abstract.iter(f"{WORD}lvl"):
            place = str(number.get(f"{WORD}numId")), int(level.get(f"{WORD}ilvl") or 0)
            formats[place] = _value(level, "numFmt") or "decimal"
    return formats


def _value(element: "_Element", *path: str) -> str | None:
    found = element.find("/".join(f"{WORD}{name}" for name in path))
    return None if found is None else found.get(_VALUE)
