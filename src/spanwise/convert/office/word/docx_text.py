"""The text of one paragraph of a Word document, and what hangs on it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from xml.etree.ElementTree import Element

from spanwise.convert.numerals import integer, roman
from spanwise.convert.office.package import chosen
from spanwise.convert.office.word.docx_styles import Styles, below, is_on, value
from spanwise.convert.office.word.omml import math_text
from spanwise.convert.raised import raised
from spanwise.convert.symbols import plain_symbols, symbol

_CHARACTERS = {"w:tab": "\t", "w:ptab": "\t", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}
_GONE = frozenset(
    ["w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:sdtPr", "w:instrText", "w:delText", "w:rPrChange", "w:annotationRef"]
)
_NOTES = {"w:footnoteReference": "footnotes", "w:endnoteReference": "endnotes"}
_HYPHENS = {0xAD: None, 0x2011: "-"}
_POSITION = re.compile(r"(\d+(?:\.\d+)?)(pt)?")  # above the line, in half-points, or in points in strict files
_RAISED_BY = 4  # half-points


@dataclass(slots=True)
class Paragraph:
    """
    A paragraph's text and what is anchored in it.

    :param text: Its own text.
    :param boxes: Text boxes, each an element that holds blocks.
    :param drawings: Relation ids of its charts and diagrams.
    :param notes: The kind ("footnotes" or "endnotes"), id and shown mark of the notes that it cites.
    """

    text: str = ""
    boxes: list[Element] = field(default_factory=list)
    drawings: list[str] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)


class ParagraphReader:
    """Reads the paragraphs of a document in their order."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._readers: dict[str, Callable[[Element], None]] = {
            **dict.fromkeys(_NOTES, self._note),
            **dict.fromkeys(("c:chart", "dgm:relIds"), self._drawing),
            "w:txbxContent": self._box,
            "w:fldChar": self._field,
            "w:r": self._run,
            "w:ruby": self._ruby,
        }
        self._marks: dict[str, int] = {}
        self._chain: list[Element] = []
        self._found = Paragraph()
        self._runs: list[tuple[str, bool]] = []  # texts, and whether each is raised
        self._fields: list[int] = []  # how many runs there were before the instruction of each field that is read

    def read(self, paragraph: Element) -> Paragraph:
        """Return the text of a `w:p` element."""
        self._chain = self._styles.paragraph_chain(paragraph)
        self._found, self._runs, self._fields = Paragraph(), [], []
        self._children(paragraph)
        for is_raised, runs in groupby(self._runs, key=itemgetter(1)):
            text = "".join(run for run, _ in runs)
            self._found.text += raised(self._found.text, text) if is_raised else text
        self._found.text = self._found.text.translate(_HYPHENS)
        return self._found

    def _children(self, parent: Element, *, is_raised: bool = False, font: str | None = None) -> None:
        for element in parent:
            tag = element.tag
            if tag in {"w:t", "a:t"}:
                self._runs.append((plain_symbols(element.text or "", font), is_raised))
            elif tag in _CHARACTERS:
                self._runs.append((_CHARACTERS[tag], False))
            elif tag in _WORDS:
                self._runs.append((_WORDS[tag](element), is_raised))
            elif tag in self._readers:
                self._readers[tag](element)
            elif tag not in _GONE:
                self._children(chosen(element), is_raised=is_raised, font=font)
                if tag == "a:p":
                    self._runs.append(("\n", False))

    def _box(self, element: Element) -> None:
        self._found.boxes.append(element)

    def _drawing(self, element: Element) -> None:
        self._found.drawings.append(element.get("r:id") or element.get("r:dm") or "")

    def _run(self, run: Element) -> None:
        properties = below(run, "rPr")
        styled = properties is not None or any(below(style, "rPr") is not None for style in self._chain)
        if styled and self._styles.run_value(run, self._chain, "vanish") not in {None, "off"}:
            # A hidden run may still hold an anchor of something shown; its words are not.
            return
        is_raised = styled and self._is_raised(run)
        fonts = below(properties, "rFonts")
        font = None if fonts is None else fonts.get("w:ascii") or fonts.get("w:hAnsi")
        self._children(run, is_raised=is_raised, font=font)

    def _field(self, character: Element) -> None:
        """Take note of where a field begins or ends, or its instruction ends."""
        kind = character.get("w:fldCharType")
        if kind == "begin":
            self._runs.append((_form_value(character), False))
            self._fields.append(len(self._runs))
        elif kind == "separate" and self._fields:
            # Fields within the instruction are reckoned with, not shown.
            del self._runs[self._fields[-1] :]
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _is_raised(self, run: Element) -> bool:
        if self._styles.run_value(run, self._chain, "vertAlign") == "superscript":
            return True
        rise = _POSITION.fullmatch(self._styles.run_value(run, self._chain, "position") or "")
        return rise is not None and float(rise[1]) * (2 if rise[2] else 1) >= _RAISED_BY

    def _note(self, reference: Element) -> None:
        kind = _NOTES[reference.tag]
        if reference.get("w:customMarkFollows") in {"1", "true", "on"}:
            self._found.notes.append((kind, reference.get("w:id") or "", ""))
            return
        self._marks[kind] = self._marks.get(kind, 0) + 1
        mark = f"[{self._marks[kind]}]" if kind == "footnotes" else f"[{roman(self._marks[kind])}]"
        self._found.notes.append((kind, reference.get("w:id") or "", mark))
        before = self._runs[-1][0][-1:] if self._runs else ""
        self._runs.append((mark if not before or before.isspace() else f" {mark}", False))

    def _ruby(self, ruby: Element) -> None:
        bases, readings = ([part for part in ruby if part.tag == tag] for tag in ("w:rubyBase", "w:rt"))
        for base in bases:
            self._children(base)
        count = len(self._runs)
        for reading in readings:
            self._children(reading)
        words = "".join(text for text, _ in self._runs[count:]).strip()
        self._runs[count:] = [(f"({words})", False)] if words else []


def _symbol(element: Element) -> str:
    try:
        return symbol(element.get("w:font"), int(element.get("w:char") or "", 16))
    except (ValueError, OverflowError):
        return ""


def _form_value(field_character: Element) -> str:
    """Return what a form field of an old kind shows that stands nowhere as text."""
    choices, box = below(field_character, "ffData", "ddList"), below(field_character, "ffData", "checkBox")
    if choices is not None:
        entries = [child.get("w:val") or "" for child in choices if child.tag == "w:listEntry"]
        chosen = integer(value(choices, "result") or value(choices, "default"), 0)
        return entries[chosen] if chosen < len(entries) else ""
    if box is not None:
        checked = is_on(box, "checked")
        return "\u2611" if (is_on(box, "default") if checked is None else checked) else "\u2610"
    return ""


_WORDS: dict[str, Callable[[Element], str]] = {
    "w:sym": _symbol,
    "m:oMath": math_text,
    "m:oMathPara": math_text,
    **dict.fromkeys(("v:textpath", "textpath"), lambda element: f" {element.get('string') or ''} "),
}
