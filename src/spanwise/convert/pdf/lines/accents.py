"""Accents that a PDF sets as characters of their own, as TeX does: each is put on the letter that it stands over."""

import re
import unicodedata
from itertools import islice

import numpy as np

from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.pdf.lines.raised import Edit

# Those of ASCII are code more often than not.
_COMBINING = {
    "\u00b4": "\u0301", "\u00a8": "\u0308", "\u02c6": "\u0302", "\u02dc": "\u0303", "\u02c7": "\u030c",
    "\u02d8": "\u0306", "\u02da": "\u030a", "\u00b8": "\u0327", "\u00af": "\u0304", "\u02d9": "\u0307",
    "\u02dd": "\u030b",
}  # fmt: skip
_ACCENT = re.compile(f"[{''.join(_COMBINING)}]")
_DOTTED = {"\u0131": "i", "\u0237": "j"}
_MOST_ACCENTS = 1000  # of one page
_FARTHEST = 200  # characters; PDFium puts some of a line's accents far behind their letters
_SAME_LINE = 0.4  # of the letter's height; accents of capitals are raised
_BESIDE = 0.1  # of the letter's height; those of slanted letters lean
_ADJOINING = 0.12  # of the letter's height


def accent_edits(places: Places) -> list[Edit]:
    """Return what makes accents, and the letters that they stand over or under, one letter each."""
    text = places.text
    if text.isascii() or not any(map(text.__contains__, _COMBINING)):
        return []
    edits: list[Edit] = []
    composed: dict[int, str] = {}
    for match in islice(_ACCENT.finditer(text), _MOST_ACCENTS):
        at = match.start()
        letter = _letter(places, at, composed) if places.is_level(at) else None
        if letter is not None:
            composed[letter] = _both(composed.get(letter, text[letter]), text[at])
            edits.append((at, at + 1, "") if abs(letter - at) == 1 else _left_out(places, at))
    return edits + [(at, at + 1, both) for at, both in composed.items()]


def _letter(places: Places, at: int, composed: dict[int, str]) -> int | None:
    """Return the place of an accent's letter: one beside it, or else on its line; `composed` are those with accents."""
    text = places.text
    begin = max(text.rfind("\n", 0, at) + 1, at - _FARTHEST)
    end = text.find("\r", at, at + _FARTHEST)
    line = range(begin, min(at + _FARTHEST, len(text)) if end < 0 else end)
    for some in ([place for place in (at - 1, at + 1) if place in line], line):
        letters = [place for place in some if _both(composed.get(place, text[place]), text[at])]
        found = _nearest(places, at, letters)
        if found is not None:
            return found
    return None


def _both(letter: str, accent: str) -> str:
    """Return a letter with an accent, "" where the two make none."""
    if not letter.isalpha():
        return ""
    both = unicodedata.normalize("NFC", _DOTTED.get(letter, letter) + _COMBINING[accent])
    return both if len(both) == 1 else ""


def _nearest(places: Places, at: int, letters: list[int]) -> int | None:
    """Return which of some letters an accent stands over or under."""
    if not letters:
        return None
    left, top, right, bottom = places.loose_boxes(letters).T
    height = top - bottom
    middle, (_, y) = places.middle(at), places.origin(at)
    is_there = (left - _BESIDE * height <= middle) & (middle <= right + _BESIDE * height)
    is_there &= np.abs(places.origins(letters)[:, 1] - y) < _SAME_LINE * height
    if not is_there.any():
        return None
    return letters[int(np.where(is_there, np.abs((left + right) / 2 - middle), np.inf).argmin())]


def _left_out(places: Places, at: int) -> Edit:
    """Return the edit that takes an accent out from among other letters, and the spaces that PDFium puts around it."""
    text = places.text
    begin, end = at - (text[at - 1 : at] == " "), at + 1 + (text[at + 1 : at + 2] == " ")
    if begin == 0 or text[begin - 1] == "\n" or text[end : end + 1] in {"", "\r"}:
        if text[begin - 1 : begin] == "-" and text[end : end + 2] == "\r\n" and text[end + 2 : end + 3].islower():
            return begin - 1, end + 1, "\u00ad"  # a word that is divided there, as PDFium would say without the accent
        return begin, end, ""
    (_, top, right, bottom), (left, *_) = places.loose_boxes([begin - 1, end]).tolist()
    return begin, end, " " if end - begin > 1 and left - right > _ADJOINING * (top - bottom) else ""
