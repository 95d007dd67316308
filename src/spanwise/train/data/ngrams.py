"""Compare texts by their words and runs of words."""

import re
from collections.abc import Sequence
from functools import lru_cache

from spanwise.answer.wording import answer_words, plain

LENGTH = 8
_WORD = re.compile(r"\w+")
# Numbers with their sign, points and slashes, and names such as "C++"; what else stands around a word is left out.
_BARE = re.compile(r"(?<![\w.,])[-+]?\.?\d++(?:[.,:/]\d++)*+|[^\W\d]\w*+(?:\+\+|#)?|\w+")
_SYMBOL = re.compile(r"[^\w'.,:/#+-]|\d[#+]$|^\.")  # in a word: something that its bare form lacks

Ngrams = frozenset[int]


def words_of(text: str) -> list[str]:
    """Return the words of a text, without case and punctuation."""
    return _WORD.findall(text.casefold())


def normalized_question(question: str) -> str:
    """Return a question without case, outer punctuation and superfluous white space; "C++" and "C#" stay apart."""
    return " ".join(question.casefold().split()).strip("?!. ")


def ngrams_of(words: Sequence[str]) -> Ngrams:
    """Return the hashes of all runs of `LENGTH` words; of the whole text where it has fewer, none where it has none."""
    if not words:
        return frozenset()
    last = max(0, len(words) - LENGTH)
    return frozenset(hash(tuple(words[at : at + LENGTH])) for at in range(last + 1))


def overlap(one: Ngrams, other: Ngrams) -> float:
    """
    Return the share in [0, 1] of the smaller one's n-grams that the other has too (the overlap coefficient).

    A text that was cut in two, or had a sentence added, has a share near 1 with what it was.
    """
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def holds_answer(text: str, answers: Sequence[str]) -> bool:
    """
    Tell whether a text holds one of these answers, as whole words, whatever their case, articles and punctuation.

    A number is held as a whole: "3.5 mm" holds neither "35 mm" nor "5 mm", and "-5" no "5". Symbols count where the
    answer has any: "5%" stands in no "$5".
    """
    held, bare = _comparable(text)
    for answer in answers:
        words, bare_words = _comparable(answer)
        has_symbol = any(_SYMBOL.search(word) for word in words.split())
        if words in held or (not has_symbol and bare_words.strip() and bare_words in bare):
            return True
    return False


@lru_cache(maxsize=32_768)
def _comparable(text: str) -> tuple[str, str]:
    """Return the words of a text as those of answers are compared, and its bare words; a space around each."""
    return f" {' '.join(answer_words(text))} ", f" {' '.join(_BARE.findall(plain(text).casefold()))} "
