"""What every format's converter returns."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from spanwise.types import Part

_LONGEST_TITLE = 300
# What PowerPoint calls a presentation that nobody gave a title, in the language of its user.
_UNTITLED = re.compile(
    r"powerpoint[ -](?:pr[e\u00e4\u00e6]sentation|presentatie|\u6f14\u793a\u6587\u7a3f|\u7c21\u5831"
    r"|\u30d7\u30ec\u30bc\u30f3\u30c6\u30fc\u30b7\u30e7\u30f3)"
    r"|(?:pr[e\u00e9]sentation|presentaci\u00f3n de|apresenta\u00e7\u00e3o do|presentazione(?: standard)? di"
    r"|prezentacja programu|\u043f\u0440\u0435\u0437\u0435\u043d\u0442\u0430\u0446\u0438\u044f) powerpoint"
    r"|(?:no (?:slide )?title|untitled|aucun titre(?: de diapositive)?|ingen (?:lysbildetittel|bildrubrik|diastitel)"
    r"|kein folientitel|geen diatitel|sin t[i\u00ed]tulo(?: de diapositiva)?|nessun titolo(?: diapositiva)?"
    r"|sem t[i\u00ed]tulo(?: de slide| do slide)?|brak tytu\u0142u slajdu"
    r"|\u0431\u0435\u0437 \u0437\u0430\u0433\u043e\u043b\u043e\u0432\u043a\u0430"
    r"|\u0417\u0430\u0433\u043e\u043b\u043e\u0432\u043e\u043a \u0441\u043b\u0430\u0439\u0434\u0430"
    r" \u043e\u0442\u0441\u0443\u0442\u0441\u0442\u0432\u0443\u0435\u0442)"
    r"|\u6ca1\u6709\u5e7b\u706f\u7247\u6807\u9898|power ?point"
    r"|(?:slide|folie|dia|diapositiv[ae]|slajd|\u0441\u043b\u0430\u0439\u0434|\u5e7b\u706f\u7247|\u6295\u5f71\u7247"
    r"|\u30b9\u30e9\u30a4\u30c9) ?\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of one file in reading order, with what `SourceText` says of a file that has a name."""

    text: str
    title: str | None = None
    page_starts: tuple[int, ...] | None = None
    page_labels: tuple[str, ...] | None = None
    parts: tuple[Part, ...] = ()
    has_lines: bool = False
    warning: str = ""
    wants_ocr: bool = False


Convert = Callable[[bytes, str], Extracted]
"""Converts a document that another one holds, by its bytes and name."""


def one_line(text: str | None, *, limit: int = _LONGEST_TITLE) -> str | None:
    """
    Return `text` on a single line without surplus spaces, or None when nothing is left.

    :param limit: The most characters to return.
    """
    return " ".join((text or "").split())[:limit].rstrip() or None


def is_untitled(title: str) -> bool:
    """
    Return whether a title is what PowerPoint calls a presentation without one.

    >>> [is_untitled(title) for title in ("PowerPoint Presentation", "Diapositive 1", "PowerPoint for beginners")]
    [True, True, False]
    """
    return _UNTITLED.fullmatch(title) is not None


def heading_parts(headings: Iterable[tuple[int, int, str]], end: int) -> tuple[Part, ...]:
    """
    Return each heading with the text that it stands over: up to the next one of its level or a higher one.

    >>> [(part.start, part.end, part.value) for part in heading_parts([(0, 1, "A"), (5, 2, "B"), (9, 1, "C")], 20)]
    [(0, 9, 'A'), (5, 9, 'B'), (9, 20, 'C')]

    :param headings: Offset, level (1 is the highest) and text of each heading, in their order.
    :param end: The length of the text.
    """
    done: list[Part] = []
    is_open: list[tuple[int, int, str]] = []
    for heading in [*headings, (end, 0, "")]:
        while is_open and is_open[-1][1] >= heading[1]:
            start, _, value = is_open.pop()
            done.append(Part(start, heading[0], "heading", value))
        is_open.append(heading)
    return ordered(part for part in done if part.value)


def ordered(*parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return parts in the order of their text, the outer part before those in it."""
    return tuple(sorted(chain(*parts), key=lambda part: (part.start, -part.end)))
