"""When an answer is right."""

from collections.abc import Sequence
from typing import Literal

from spanwise.evaluate.squad_metric import exact_score, normalized, scoring_golds

Rule = Literal["exact", "holds"]


def is_right(answer: str, golds: Sequence[str], rule: Rule = "holds") -> bool:
    """
    Tell whether an answer is right.

    :param golds: The right answers, none for a question that cannot be answered.
    :param rule: "exact": it equals one of them, once both are normalized as SQuAD 2.0 does. "holds": or one of the
        two holds the other, as whole words.
    """
    if not golds or not answer:
        return False
    if exact_score(answer, scoring_golds(golds)):
        return True
    return rule == "holds" and any(_holds(answer, gold) or _holds(gold, answer) for gold in golds)


def holds_words(text: str, words: str) -> bool:
    """Tell whether a normalized text holds normalized words, as whole words."""
    return bool(words) and f" {words} " in f" {text} "


def _holds(text: str, part: str) -> bool:
    return holds_words(normalized(text), normalized(part))
