"""Tell text that is plainly not English: by its script, and by the small words of other languages."""

import re
from functools import cache

from spanwise.text.languages import ENGLISH, OTHERS

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|«[^»]*»|„[^“”]*[“”]")
OTHER_SCRIPT = re.compile(
    r"[^\W\d_A-Za-z\u00aa-\u024f\u1d00-\u1eff\u2100-\u214f\ua720-\ua7ff\ufb00-\ufb06\uff00-\uff5e]"
)
SHORT = 12  # words of a question
LONG = 5  # letters of a small word that is another language's by itself
LEAST_SHARE = 0.12  # of a text's words; of running text small words are a third
FEW = 1 / 4  # English small words to another language's: a text in that language may quote some


def plainly_not_english(text: str) -> bool:
    """
    Tell whether a text is plainly in another language than English.

    Names, identifiers and code belong to no language, and what a text quotes is not its own; where little else is left,
    as in many a short question, nothing is plain.
    """
    own = QUOTED.sub(" ", text)
    words = [word.casefold() for word in WORD.findall(own if WORD.search(own) else text)]
    letters = "".join(words)
    others = len(OTHER_SCRIPT.findall(letters))
    if others > len(letters) / 2:
        return sum(word in ENGLISH for word in words) <= FEW * sum(bool(OTHER_SCRIPT.match(word)) for word in words)
    distinct = set(words)
    return any(
        not telling.isdisjoint(distinct) and _is_written_in(small, telling, words) for small, telling in _languages()
    )


def _is_written_in(small: frozenset[str], telling: frozenset[str], words: list[str]) -> bool:
    found = [word for word in words if word in small]
    if len(found) < LEAST_SHARE * len(words):
        return False
    kinds = set(found)
    english = sum(word in ENGLISH and word not in small for word in words)
    if english:
        return len(kinds) > 2 and english <= FEW * len(found)
    if len(words) > SHORT:
        return len(kinds) > 2
    return len(kinds) > 1 or (
        (len(words) > 1 and any(len(word) >= LONG for word in kinds & telling)) or not all(map(str.isascii, words))
    )


@cache
def _languages() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Return the small words of each language, and those of them that neither English nor names have."""
    lines = [line.partition("|") for line in OTHERS.values()]
    pairs = [(frozenset(telling.split()), frozenset(shared.split())) for telling, _, shared in lines]
    return tuple((telling | shared, telling - ENGLISH) for telling, shared in pairs)
