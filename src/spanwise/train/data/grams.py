"""How much of a text stands in another, by its words."""

import re
from collections.abc import Sequence
from functools import lru_cache

from spanwise.answer.normalize import normalize_answer

GRAM = 8
_WORD = re.compile(r"\w+")

Grams = frozenset[int]


def words_of(text: str) -> list[str]:
    """Return the words of a text, without case and punctuation."""
    return _WORD.findall(text.casefold())


def asked_of(question: str) -> str:
    """Return a question without case, outer punctuation and superfluous white space; "C++" and "C#" stay apart."""
    return " ".join(question.casefold().split()).strip("?!. ")


def grams_of(words: Sequence[str], length: int = GRAM) -> Grams:
    """Return the hashes of all runs of `length` words; of the whole text where it has fewer, none where it has none."""
    if not words:
        return frozenset()
    last = max(0, len(words) - length)
    return frozenset(hash(tuple(words[at : at + length])) for at in range(last + 1))


def shared_part(one: Grams, other: Grams) -> float:
    """
    Return the share in [0, 1] of the smaller one's grams that the other has too (the overlap coefficient).

    A text that was cut in two, or had a sentence added, has a share near 1 with what it was.
    """
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """Tell whether a text holds one of these answers, as whole words, whatever their case, articles and punctuation."""
    held = _comparable(text)
    return any(any(part in whole for part, whole in zip(_comparable(answer), held, strict=True)) for answer in answers)


@lru_cache(maxsize=32_768)
def _comparable(text: str) -> tuple[str, str]:
    return f" {normalize_answer(text)} ", f" {' '.join(words_of(text)) or text} "
