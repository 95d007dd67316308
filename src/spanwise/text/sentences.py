"""Where paragraphs and sentences end, by punctuation and layout alone: no model, no download."""

import re
from enum import IntEnum

# Nothing of these ends a sentence.
UNFINISHED = frozenset(
    "adm approx ca cf dr e.g eds esp i.e messrs mr mrs ms nos pp prof viz vs".split()  # noqa: SIM905
)
# These end a sentence where the next word is one that begins sentences.
ABBREVIATIONS = frozenset(
    """
    a.m al assoc ave capt chap cmd co corp dept dist eq eqs etc fig figs gov inc jr lt ltd mt p.m para ph rd refs sept
    sgt sr st u.s univ vol vols
    """.split()  # noqa: SIM905
)
# So do these, and without a capital letter they are words like others.
TITLES = frozenset("col gen hon pres rep rev sen".split())  # noqa: SIM905
# These are words like others, or end a sentence, unless a number follows.
NUMBERED = frozenset(
    """
    app apr apt art aug cap ch col dec ed est ex feb fig figs jan jul jun mar max may min no nos nov oct op p pl pp ref
    rev sec sect sep sept tab tel vol
    """.split()  # noqa: SIM905
)
NUMBER = re.compile(r"\s+[\"'(\[\u201c#]*(?:[A-Z]?\d|[IVXLC]{2,}\b)")
OPENER = re.compile(
    r"""\s+["'(\[\u201c]*(?:After|All|An|And|As|At|Before|But|By|For|From|He|How|However|I|If|In|It|Its|No|Not|On|One|Our
    |She|So|Some|That|The|Their|Then|There|These|They|This|Those|To|We|What|When|Where|Who|Why|With|You)(?=[\s,'\u2019])""",
    re.VERBOSE,
)

# A run of white space is looked at where it begins alone: from each of its places it would take quadratic time.
BREAK = re.compile(
    r"""
    (?P<paragraph> (?<![ \t\r])[ \t\r]*+\n[ \t\r]*\n\s* | (?<!\s)\s*\f\s* )
  | (?P<item> (?<![ \t\r])[ \t\r]*+\n[ \t]*(?=(?:[-*+\u2022\u2013]|\#{1,6}|\d{1,3}[.)]|\|)[ \t]) )
  | (?P<sentence>
        (?<=[.!?\u2026]) ["')\]\u201d\u2019\u00bb*_`]*+ \s++
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
    """Whether the full stop before `offset` belongs to an abbreviation or an initial, and does not end a sentence."""
    found = LAST_WORD.search(text[max(0, offset - 24) : offset])
    if found is None:
        return False
    word, letters = found[1], found[1].lower()
    if letters in UNFINISHED:
        return True
    if letters in NUMBERED and NUMBER.match(text, offset) is not None:
        return True
    is_initial = len(word) == 1 and word.isalpha()
    if letters in ABBREVIATIONS or (word[0].isupper() and (is_initial or letters in TITLES)):
        return OPENER.match(text, offset) is None
    return False
