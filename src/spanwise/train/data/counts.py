"""How much a SQuAD file holds."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from spanwise.squad_file import SquadFile
from spanwise.train.data.ngrams import words_of


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths in words: the median, and that which 95% do not exceed."""

    median: int
    p95: int


@dataclass(frozen=True, slots=True)
class Counts:
    """
    What a file holds.

    :param unanswerable: Questions without an answer, or called impossible.
    :param contexts: Different contexts.
    :param answers: Lengths of the first answer of each question; None without any.
    :param context_lengths: Lengths of the contexts.
    """

    questions: int
    unanswerable: int
    articles: int
    contexts: int
    answers: Lengths | None
    context_lengths: Lengths | None


def count(file: SquadFile) -> Counts:
    """Count what a file holds."""
    entries = [entry for _, entry in file.questions()]
    contexts = {paragraph.context for paragraph in file.paragraphs()}
    return Counts(
        questions=len(entries),
        unanswerable=sum(not entry.answerable for entry in entries),
        articles=len(file.articles),
        contexts=len(contexts),
        answers=_lengths(entry.answers[0].text for entry in entries if entry.answers),
        context_lengths=_lengths(contexts),
    )


def _lengths(texts: Iterable[str]) -> Lengths | None:
    lengths = sorted(len(words_of(text)) for text in texts)
    if not lengths:
        return None
    return Lengths(_at(lengths, 0.5), _at(lengths, 0.95))


def _at(lengths: list[int], share: float) -> int:
    """Return the smallest length that so large a share of them does not exceed."""
    return lengths[math.ceil(share * len(lengths)) - 1]
