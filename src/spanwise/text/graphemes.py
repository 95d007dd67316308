"""What a reader sees as one character: a letter with its marks, a flag, an emoji of several parts."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

# None of these joins the character before it, nor is joined by the one behind it: Latin, Greek, Cyrillic, dashes,
# quotes and currencies, kana, ideographs, Hangul syllables, full-width forms. A text of them alone has no clusters.
_MAY_JOIN = re.compile(
    "[^\\x00-\u02ff\u0370-\u0482\u2010-\u20cf\u3000-\u3029\u3040-\u3096\u309b-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff01-\uff60]"
)
REACH = 64  # characters looked at on each side; a cluster is hardly ever longer


def clusters(text: str) -> list[tuple[int, int]]:
    """
    Find the extended grapheme clusters of more than one character (Unicode Standard Annex 29), line ends left out.

    :returns: Ascending (start, end).
    """
    if text.isascii() or _MAY_JOIN.search(text) is None:
        return []
    spans = (match.span() for match in _cluster().finditer(text))
    return [(start, end) for start, end in spans if end - start > 1 and not text[start].isspace()]


def whole_clusters(text: str, start: int, end: int) -> tuple[int, int]:
    """
    Move the ends of `text[start:end]` outwards where they stand within a cluster.

    :returns: The new start and end.
    """
    low = max(0, start - REACH)
    for first, last in clusters(text[low : end + REACH]):
        if low + first < start < low + last:
            start = low + first
        if low + first < end < low + last:
            end = low + last
    return start, end


@cache
def _cluster() -> "regex.Pattern[str]":
    import regex

    return regex.compile(r"\X")
