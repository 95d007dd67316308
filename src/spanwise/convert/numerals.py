"""Whole numbers, as files write them and as lists show them."""

import re
from collections.abc import Callable

_INTEGER = re.compile(r"\d{1,9}")
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LONGEST_ROMAN = 5000


def integer(text: str | None, default: int) -> int:
    """Return the number that an attribute holds, or else a default; none has more than nine digits."""
    return int(text) if text is not None and _INTEGER.fullmatch(text) else default


def span(text: str | None) -> int:
    """Return how many places an attribute says that something takes, from 1 to 1000; 1 without it."""
    return max(1, min(integer(text, 1), 1000))


def letters(number: int) -> str:
    """Return "a" to "z" for 1 to 26, then "aa" to "zz"."""
    return chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 20) if number > 0 else ""


def roman(number: int) -> str:
    """Return a number below 5000 in small Roman numerals."""
    if not 0 < number < _LONGEST_ROMAN:
        return str(number)
    text = ""
    for size, numeral in _ROMAN:
        text += numeral * (number // size)
        number %= size
    return text


NUMERALS: dict[str, Callable[[int], str]] = {
    "1": str,
    "a": letters,
    "A": lambda number: letters(number).upper(),
    "i": roman,
    "I": lambda number: roman(number).upper(),
}
"""How numbers are written, by the way in which 1 is."""
