"""Replace a word of a question by its opposite."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from random import Random

from spanwise.train.data.ngrams import words_of
from spanwise.train.data.swaps.scene import Change, Scene

LIST = "antonyms.txt"
AFTER_THE = {"first", "last", "most", "least"}  # else verbs, or parts of "at least" and "most of them"
NEVER_AFTER = {"how", "named", "called", "look", "looked", "looking", "modeled", "sought", "years", "year", "at", "no"}
_WORD = re.compile(r"[A-Za-z]+")


@cache
def antonyms() -> Mapping[str, tuple[str, ...]]:
    """Return for each word of the list its opposites."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in files(__package__).joinpath(LIST).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        one, *arrow, other = line.split()
        found[one].append(other)
        if not arrow:
            found[other].append(one)
    return {word: tuple(opposites) for word, opposites in found.items()}


def swap_antonym(scene: Scene, chance: Random) -> Change | None:
    """Replace one word by an opposite that the context does not hold; None where no word has one."""
    held = set(words_of(scene.context)) | {word for answer in scene.answers for word in words_of(answer)}
    changes: list[Change] = []
    words = list(_WORD.finditer(scene.question))
    for number, match in enumerate(words):
        before = words[number - 1][0].lower() if number else ""
        if not _free(scene.question, match, before):
            continue
        opposites = [opposite for opposite in antonyms().get(match[0], ()) if opposite not in held]
        changes.extend(_with_article(scene.question, match, before, opposite) for opposite in opposites)
    return chance.choice(changes) if changes else None


def _free(question: str, match: re.Match[str], before: str) -> bool:
    """Tell whether a word stands by itself, and not as part of a compound or of a phrase with a sense of its own."""
    if before in NEVER_AFTER or (match[0] in AFTER_THE and before != "the"):
        return False
    around = question[max(0, match.start() - 1) : match.start()] + question[match.end() : match.end() + 1]
    return not re.search(r"[-\u2010-\u2014\w'\u2019\"]", around)


def _with_article(question: str, match: re.Match[str], before: str, opposite: str) -> Change:
    """Replace a word, and "a" before it by "an" or the reverse where that is needed."""
    start = match.start() - len(before) - 1
    article = "an" if opposite[0] in "aeiou" else "a"
    if before in {"a", "an"} and question[start : match.start()] == f"{before} " and article != before:
        return Change(start, question[start : match.end()], f"{article} {opposite}")
    return Change(match.start(), match[0], opposite)
