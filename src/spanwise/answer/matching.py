"""When two answers say the same, when they say different things, and when one only repeats the question."""

import re
from collections.abc import Collection

from spanwise.answer.wording import ARTICLES, answer_words, has_digit

Words = tuple[str, ...]

# Words that make a longer answer say something else than the shorter one in it.
OTHERWISE = frozenset(
    """
    about above after almost and approximately around before below but double except exclusive fewer from half
    hundred least less max maximum million billion min minimum minus more most nearly never no non none nor not only or
    over per plus quarter since than thousand till to twice under unless until up without
    """.split()  # noqa: SIM905
)
# Words that add nothing where an answer begins with them,
LEADS = frozenset({"at", "dr", "in", "miss", "mr", "mrs", "ms", "of", "on", "prof", "professor", "sir"})
# or with them and a number.
LABELS = frozenset(
    "chapter figure level line number page port room section step table version year".split()  # noqa: SIM905
)
_CHOICE = re.compile(r"\s*(?:,\s*(?:or\b)?|\bor\b)\s*", re.IGNORECASE)


def answers_match(one: Words, other: Words, asked: Collection[str] = frozenset()) -> bool:
    """
    Tell whether two answers say the same: in the same words, or one with words besides that add nothing.

    Those are words of the question, and before it "in", "Dr.", "port" and the like. "8443" and "port 8443" are one
    answer, and so are "5" and "5 minutes" if it is asked for minutes; "8443" and "8443 or 8080" are two, as are "git"
    and "git blame", "5 GB" and "5 MB".

    :param one: What `answer_words` returns of the one.
    :param other: What it returns of the other.
    :param asked: The words of the question.
    """
    if one == other:
        return True
    if not one or not other:
        return False
    found = _besides(one, other)
    if found is None:
        return False
    short, before, after = found
    if len(before) + len(after) > len(short) + 1 or any(map(_weighs, (*before, *after))):
        return False
    if not all(word in asked for word in short):
        before, after = (tuple(word for word in part if word not in asked) for part in (before, after))
    leads = LEADS | LABELS if has_digit(short[0]) else LEADS
    return not after and all(word in leads for word in before)


def answers_differ(one: Words, other: Words) -> bool:
    """
    Tell whether two answers say different things, as far as their words show it.

    Those that do not match and yet may mean the same, as a name and its last part, do neither.
    """
    if sorted(one) == sorted(other):
        return False
    found = _besides(one, other)
    return found is None or any(map(_weighs, (*found[1], *found[2])))


def repeats_question(words: Words, question: str) -> bool:
    """
    Tell whether an answer only repeats words of its question; one of the things that it gives to choose from does not.

    :param words: What `answer_words` returns of the answer.
    """
    said = set(words) - ARTICLES
    return bool(said) and said <= set(answer_words(question)) and not _is_choice(words, question)


def _besides(one: Words, other: Words) -> tuple[Words, Words, Words] | None:
    """Return the shorter answer and what stands before and behind it in the longer, or None if it does not."""
    short, long = sorted((one, other), key=len)
    for begin in range(len(long) - len(short) + 1):
        if long[begin : begin + len(short)] == short:
            return short, long[:begin], long[begin + len(short) :]
    return None


def _weighs(word: str) -> bool:
    """Tell whether a word beside an answer makes it another: a number, a symbol, a "not"."""
    return word in OTHERWISE or has_digit(word) or not any(map(str.isalnum, word))


def _is_choice(words: Words, question: str) -> bool:
    parts = [answer_words(part) for part in _CHOICE.split(question)]
    if len(parts) == 1 or not re.search(r"\bor\b", question, re.IGNORECASE):
        return False
    if any(part[-len(words) :] == words for part in parts[:-1]):
        return True
    return any(parts[-1][begin : begin + len(words)] == words for begin in (0, 1))
