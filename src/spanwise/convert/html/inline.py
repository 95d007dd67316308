"""What reads otherwise in a line than it stands in the source: raised marks, readings, values of forms, pictures."""

import re
from collections.abc import Iterable
from itertools import islice

from turbohtml import Element, Node, Text

from spanwise.convert.raised import raised as raised_text

_EXPONENT = re.compile(r"[-+\u2212]?[ijkmnNx]")
_NUMBER = re.compile(r"[-+\u2212]?\d[\d.]*")
_OPERATION = re.compile(r"\s*[-=+\u2212*/\u00d7\u00b7\u22c5<>\u2248\u2264\u2265^()|,.;:]|\s*$")
_NOTE_SIGNS = re.compile(r"[*†‡§¶#]+|\[.*\]|\(?\w{1,3}\)|\d+(?:\s*[,;\u2013-]\s*\d+)+")
_NOTE_NAME = re.compile(
    r"(?:foot|end|side)?-?notes?(?:[-_]?(?:ref|mark|call|anchor|link|marker|number))?|fn(?:[-_]?ref)?|cite[-_]?ref|"
    r"references?|noteref|citation|zotero|mw-ref|sdfootnoteanc"
)
_FRACTION_LINE = ("/", "\u2044", "\u2215")
_NOTE_BLOCKS = {"p", "li", "div", "dd", "small", "td", "footer", "aside", "section"}
_SHOWN_INPUTS = {"", "text", "email", "tel", "url", "number", "date", "datetime-local", "month", "week", "time"}
_HEADINGS = "h1, h2, h3, h4, h5, h6, dt, summary, legend, [role=heading]"
_FOLDERS = ("aria-expanded", "aria-controls", "data-target", "data-bs-target")
_FORM_PLACES = "form, fieldset, label, li, p, td, th, dd"
_PANELS = {"div", "main", "nav", "section"}  # what a switch shows and hides
_MARKS = {("checkbox", True): "☑", ("checkbox", False): "☐", ("radio", True): "◉", ("radio", False): "○"}

_PICTURE_PLACES = {"td", "th", "p", "figure", "h1", "h2", "h3", "h4", "h5", "h6"}
_WRAPPERS = {"a", "b", "center", "div", "em", "font", "i", "picture", "span", "strong"}
_EMPTY = {"a", "br", "source"}
_NO_WORDS = re.compile(  # logos, bullets, names of files and of kinds of pictures; DocBook's "[Note]" beside the word
    r"|.*\blogo\b.*|[-*.]+|\[.*\]|(?:icon|image|img|photo|picture|bullet|spacer)\W*\d*|\S*_\S*|\S*\.(?:gif|jpe?g|png|svg|webp)",
    re.IGNORECASE,
)


def note_texts(root: Element) -> frozenset[str]:
    """Return the marks that a page's notes begin with, where they are raised: so are those that refer to them."""
    firsts = (mark for mark in root.iter_elements("sup") if _is_first(mark))
    return frozenset(text for mark in firsts if (text := " ".join(mark.text.split())))


def _is_first(mark: Element) -> bool:
    before = mark.previous_sibling
    if before is not None and (getattr(before, "tag", None) or getattr(before, "data", "").strip()):
        return getattr(before, "tag", None) == "br"
    # Without a space behind it, it may be an isotope's number.
    after = getattr(mark.next_sibling, "data", None) or ""
    return (
        after[:1].isspace()
        and not after.lstrip().startswith(_FRACTION_LINE)
        and getattr(mark.parent, "tag", "") in _NOTE_BLOCKS
    )


def raised(element: Element, before: str, notes: frozenset[str] = frozenset()) -> str:
    """
    Return the text of a `sup` element as it stands in a line, where it must be no digit of the number before it.

    :param before: The text that it is glued to, or "".
    :param notes: What `note_texts` found on the page.
    :returns: " [3]" for the mark of a footnote, "^3" for an exponent, "th" for what a word ends with.
    """
    text = " ".join(element.text.split())
    if not text:
        return ""
    if text in notes or _is_note_mark(element, text):
        return f" [{text.strip('[]()')}]"
    following = element.next_sibling
    after = getattr(following, "data", None) or getattr(following, "text", None) or ""
    if after.lstrip().startswith(_FRACTION_LINE) and text.isdigit() and not before[-1:].isalpha():
        return f" {text}" if before[-1:].isdigit() else text
    # Of numbers, those that something is done with have exponents too: "3^4 = 81", but "45 [3] euros".
    is_power = before[-1:] == ")" or (before[-1:].isdigit() and _OPERATION.match(after))
    if before and (_EXPONENT.fullmatch(text) or (is_power and _NUMBER.fullmatch(text))):
        return f"^{text}"
    is_formula = not _NUMBER.fullmatch(text) and any(character.isdigit() for character in text)
    if is_formula and (before[-1:].isalnum() or before[-1:] == ")"):
        return f"^{text}" if text.isalnum() else f"^({text})"
    return raised_text(before, text)


def lowered(element: Element, before: str) -> str:
    """Return the text of a `sub` element as it stands in a line behind the text `before`."""
    text = " ".join(element.text.split())
    return f"_{text}" if before[-1:].isdigit() and text[:1].isdigit() else text


def _is_note_mark(element: Element, text: str) -> bool:
    if _NOTE_SIGNS.fullmatch(text):
        return True
    if len(text) > 12:
        return False
    link = element.find("a") or element.closest("a")
    if link is not None and (link.attr("href") or "").strip():
        # A linked word may be raised too, as a trade mark is; a number that leads elsewhere in the page is a note's.
        return "#" in (link.attr("href") or "") or text[:1].isdigit()
    around = [element, *element.iter_elements(("a", "span")), *([link] if link is not None else [])]
    return any(_has_note_name(part) for part in around)


def _has_note_name(element: Element) -> bool:
    if element.attr("role") == "doc-noteref" or "noteref" in (element.attr("epub:type") or ""):
        return True
    return any(_NOTE_NAME.fullmatch(name) for name in (element.attr("class") or "").lower().split())


def ruby_text(element: Element) -> tuple[str, str]:
    """Return the words of a `ruby` element and their readings, each without the other."""
    bases: list[str] = []
    readings: list[str] = []
    stack = [(child, False) for child in reversed(element.children)]
    while stack:
        node, is_reading = stack.pop()
        tag = getattr(node, "tag", None)
        if tag is None:
            (readings if is_reading else bases).append("".join(getattr(node, "data", "").split("\n")))
        elif tag != "rp":
            stack.extend((child, is_reading or tag in {"rt", "rtc"}) for child in reversed(node.children))
    parts = [reading.strip() for reading in readings if reading.strip()]
    separator = " " if any(part.isascii() or part[:1] < "\u0400" for part in parts) else ""
    base = "".join(bases)
    return (" ".join(base.split()) if base.strip().isascii() else "".join(base.split())), separator.join(parts)


def form_value(element: Element, *, with_boxes: bool) -> str:
    """
    Return what a form shows as filled in.

    :param element: An `input`, `select` or `textarea`.
    :param with_boxes: Show check boxes and radio buttons too, except for switches; on a form in which none is chosen
        they say nothing.
    """
    if element.tag == "textarea":
        return element.text
    if element.tag == "select":
        return ", ".join(_chosen_options(element))
    kind = (element.attr("type") or "").lower()
    if kind in {"checkbox", "radio"}:
        is_shown = with_boxes and not is_switch(element)
        return _MARKS[kind, element.attr("checked") is not None] if is_shown else ""
    return element.attr("value") or "" if kind in _SHOWN_INPUTS else ""


def is_switch(box: Element) -> bool:
    """Return whether a check box or radio button is none of a form, but shows and hides parts of the page."""
    if box.attr("id") is None or box.closest(_FORM_PLACES) is not None:
        return False
    before, after = _tag(box.previous_siblings), _tag(box.next_siblings)
    if after == "label":
        return before in {"", *_PANELS} and _tag(box.next_siblings, 1) in _PANELS
    return before in {"", "input", *_PANELS} and after in {"input", *_PANELS}


def _tag(siblings: Iterable[Node], number: int = 0) -> str:
    """Return the tag of one of some siblings, white space and comments apart: "" if there is none, "#" for text."""
    tags = (
        node.tag if isinstance(node, Element) else "#"
        for node in siblings
        if isinstance(node, Element) or (isinstance(node, Text) and node.data.strip())
    )
    return next(islice(tags, number, None), "")


def _chosen_options(select: Element) -> list[str]:
    """Return the options of a `select` that are chosen, or else those that it shows: the first, or a whole list."""
    options = list(select.iter_elements("option"))
    chosen = [option for option in options if option.attr("selected") is not None]
    is_list = select.attr("multiple") is not None or (select.attr("size") or "1") not in {"", "0", "1"}
    shown = chosen or (options if is_list else options[:1])
    return [text for option in shown if (text := " ".join(option.text.split()))]


def is_content_button(button: Element) -> bool:
    """Return whether a button's words are content: a heading or question that folds something, not a command."""
    if any(button.attr(name) is not None for name in _FOLDERS) or button.closest(_HEADINGS) is not None:
        return True
    if button.attr("role") == "tab" or "accordion" in (button.attr("class") or "").lower():
        return True
    text = button.text.strip()
    return text.endswith(("?", "\uff1f")) or len(text.split()) > 4


def picture_text(picture: Element) -> str:
    """Return what a picture says by its description, or "" for one beside words, in a link, or of no meaning."""
    text = " ".join((picture.attr("alt") or "").split())
    if _NO_WORDS.fullmatch(text):
        return ""
    around: Element = picture
    while _is_alone(around):
        parent = around.parent
        if not isinstance(parent, Element) or (parent.tag == "a" and parent.attr("href") is not None):
            return ""
        if parent.tag in _PICTURE_PLACES:
            return text
        if parent.tag not in _WRAPPERS:
            return ""
        around = parent
    return ""


def _is_alone(element: Element) -> bool:
    """Return whether nothing that is read stands beside an element."""
    return all(
        _is_empty(sibling) for siblings in (element.previous_siblings, element.next_siblings) for sibling in siblings
    )


def _is_empty(node: Node) -> bool:
    if isinstance(node, Element):
        return node.tag in _EMPTY and not node.children
    return not isinstance(node, Text) or not node.data.strip()
