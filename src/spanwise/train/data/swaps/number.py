"""Replace a number of a question by another one."""

import re
from random import Random

from spanwise.train.data.ngrams import words_of
from spanwise.train.data.swaps.scene import Change, Scene

CARDINALS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
DETERMINERS = {"the", "a", "his", "her", "its", "their", "whose"}
LATEST_YEAR = 2024
_NUMBER = re.compile(
    r"(?<![\w.,/:\u2010-\u2014-])(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(st|nd|rd|th|s)?(?![\w/:\u2010-\u2014-]|[.,]\d)"
)
_WORD = re.compile(r"(?<![\w-])[a-z]+(?![\w-])")
_YEAR = re.compile(r"1\d{3}|20[0-2]\d")
TRIES = 20


def swap_number(scene: Scene, chance: Random) -> Change | None:
    """Replace a number that stands in the context by one that does not; None where there is no such number."""
    context = f" {' '.join(words_of(scene.context))} "
    changes = []
    for match in _NUMBER.finditer(scene.question):
        if _held(match[0], context):
            other = _other_digits(match, context, chance)
            if other is not None:
                changes.append(Change(match.start(), match[0], other))
    for match in _WORD.finditer(scene.question):
        for series in (CARDINALS, ORDINALS):
            if match[0] in series and _held(match[0], context) and _counts(scene.question[: match.start()], match[0]):
                others = [word for word in series if not _held(word, context)]
                near = [word for word in others if abs(series.index(word) - series.index(match[0])) <= 3]
                if near:
                    changes.append(Change(match.start(), match[0], chance.choice(near)))
    return chance.choice(changes) if changes else None


def _counts(before: str, word: str) -> bool:
    """Tell whether a word is a number here, and not "one second" or "was first used"."""
    last = before.rstrip().rpartition(" ")[2].lower()
    return word not in ORDINALS or last in DETERMINERS or last.endswith(("'s", "\u2019s"))


def _held(number: str, context: str) -> bool:
    return f" {' '.join(words_of(number))} " in context


def _other_digits(match: re.Match[str], context: str, chance: Random) -> str | None:
    whole, fraction, ending = match[1], match[2], match[3] or ""
    for _ in range(TRIES):
        if _YEAR.fullmatch(whole) and fraction is None and ending in {"", "s"}:
            other = _other_year(int(whole), chance, decade=ending == "s")
        elif fraction is not None:
            made = _near(int(whole.replace(",", "") + fraction), chance)
            text = str(made).zfill(len(fraction) + 1)
            other = f"{int(text[: -len(fraction)])}.{text[-len(fraction) :]}"
        else:
            made = _near(int(whole.replace(",", "")), chance)
            other = f"{made:,}" if "," in whole else str(made)
            ending = _ending(made) if ending and ending != "s" else ending
        if not _held(other + ending, context) and other != whole:
            return other + ending
    return None


def _other_year(year: int, chance: Random, *, decade: bool) -> str:
    step = 10 * chance.randint(1, 4) if decade else chance.randint(1, 15)
    other = year + step * chance.choice((-1, 1))
    return str(other if other <= LATEST_YEAR else year - step)


def _near(number: int, chance: Random) -> int:
    """Return another number of the same size and roundness."""
    digits = str(number)
    zeros = len(digits) - len(digits.rstrip("0")) if number else 0
    head = number // 10**zeros
    reach = max(2, head // 2)
    step = chance.randint(1, reach)
    other = head - step if head > step and chance.random() < 0.5 else head + step
    return int(other * 10**zeros)


def _ending(number: int) -> str:
    if number % 100 in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
