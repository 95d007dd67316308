"""How raised characters read once they stand on the line: exponents with a caret, note marks in brackets."""

import re

_NUMBERS = re.compile(r"[-+\u2212\u2013]?\d+(?:[.,]\d+)*")
_MARKS = re.compile(r"\d{1,3}(?:\s?[,\u2013-]\s?\d{1,3})*|[*\u2020\u2021\u00a7]+|\(?\w\)|\[\w{1,3}\]")
_ORDINALS = frozenset(["st", "nd", "rd", "th", "er", "re", "e", "de", "o", "os", "as", "\u00e8re", "\u00e8me", "eme"])
_LAST_NUMBER = re.compile(r"(?:^|[^\d.,])(\d+)$")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_BASES = ("10", "2")  # of powers; what stands raised behind another number is a note's mark
# Of units and variables: "km^2", "x^2", "mc^2", but "by [2]".
_UNITS = frozenset(["km", "hm", "dm", "cm", "mm", "nm", "\u00b5m", "\u03bcm", "ft", "in", "yd", "mi", "sec", "kms"])
_VARIABLES = re.compile(r"[^\W\d_]|[b-df-hj-np-tv-xz]{2}", re.IGNORECASE)


def raised(before: str, text: str) -> str:
    """
    Return raised characters as they are to be read behind others.

    >>> [raised("about 10", "6"), raised("45", "3"), raised("m", "2"), raised("Falk.", "7"), raised("21", "st")]
    ['^6', ' [3]', '^2', ' [7]', 'st']

    :param before: The text that they are glued to.
    :param text: The characters.
    """
    mark = text.strip()
    if not mark or not before or before[-1].isspace() or (mark.lower() in _ORDINALS and before[-1].isalnum()):
        return text
    tail = before[-40:]
    if _is_exponent(tail, mark):
        return f"^{text.lstrip()}"
    if _MARKS.fullmatch(mark):
        return f" [{mark.strip('[]')}]{' ' if text[-1].isspace() else ''}"
    single = len(mark) == 1 and mark.isalpha()
    if tail[-1].isdigit() and (single or mark[0].isdigit()):
        return f" [{mark}]"
    word = _LAST_WORD.search(tail)
    return f"^{text.lstrip()}" if single and word is not None and len(word[0]) == 1 else text


def _is_exponent(before: str, mark: str) -> bool:
    if not _NUMBERS.fullmatch(mark):
        return False
    number, word = _LAST_NUMBER.search(before), _LAST_WORD.search(before)
    if mark[0] in "-+\u2212\u2013":
        return before[-1].isalnum() or before[-1] == ")"
    has_powers = word is not None and (word[0] in _UNITS or _VARIABLES.fullmatch(word[0]) is not None)
    return has_powers or (number is not None and number[1] in _BASES)
