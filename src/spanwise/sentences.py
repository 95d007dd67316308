"""Where paragraphs and sentences end, by punctuation and layout alone: no model, no download."""

import re
from enum import IntEnum

ABBREVIATIONS = frozenset(
    """
    al approx apt art assoc ave ca cap capt cf ch chap cmd co col corp dept dr dist ed eds eq eqs esp est etc ex
    fig figs gen gov hon inc jr jan feb mar apr jun jul aug sep sept oct nov dec lt ltd max messrs min mr mrs ms
    mt no nos op p pp para ph pl pres prof rd ref refs rep rev sec sect sen sgt sr st tab tel univ viz vol vols vs
    e.g i.e a.m p.m u.s
    """.split()  # noqa: SIM905
)

BREAK = re.compile(
    r"""
    (?P<paragraph> [ \t\r]*\n[ \t\r]*\n\s* | \s*\f\s* )
  | (?P<item> [ \t\r]*\n[ \t]*(?=(?:[-*+\u2022\u2013]|\#{1,6}|\d{1,3}[.)]|\|)[ \t]) )
  | (?P<sentence>
        (?<=[.!?\u2026]) ["')\]\u201d\u2019\u00bb*_`]* \s+
        (?=["'(\[\u201c\u2018\u00ab*_`]*[^\W_a-z\u00df-\u00f6\u00f8-\u00ff]) )
  | (?P<ideographic> (?<=[\u3002\uff01\uff1f])["\u201d\u300d\u300f]*\s* )
    """,
    re.VERBOSE,
)
LAST_WORD = re.compile(r"([^\s(\[\"']+)[.]$")


class Level(IntEnum):
    """How good a place the end of a unit is to end a passage."""

    PIECE = 0
    SENTENCE = 1
    PARAGRAPH = 2


def breaks(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, Level]]:
    """
    Find the ends of sentences, list items and paragraphs.

    :returns: Ascending (offset, level); each offset is where the next unit begins, the whitespace before it belongs to
        the unit that ends. The end of the text is not among them.
    """
    stop = len(text) if end is None else end
    found = []
    for match in BREAK.finditer(text, start, stop):
        if match.end() >= stop:
            continue
        if match["paragraph"] is not None:
            found.append((match.end(), Level.PARAGRAPH))
        elif match["sentence"] is None or not _is_abbreviation(text, match.start()):
            found.append((match.end(), Level.SENTENCE))
    return found


def _is_abbreviation(text: str, offset: int) -> bool:
    """Whether the full stop before `offset` belongs to an abbreviation or an initial."""
    word = LAST_WORD.search(text[max(0, offset - 24) : offset])
    if word is None:
        return False
    letters = word[1].lower()
    return letters in ABBREVIATIONS or (len(letters) == 1 and letters.isalpha() and word[1].isupper())
