"""Count the questions, contexts and words of a SQuAD file."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from spanwise.squad_file import SquadFile
from spanwise.train.data.ngrams import words_of


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths in words: the median and the 95th percentile."""

    median: int
    p95: int


@dataclass(frozen=True, slots=True)
class FileCounts:
    """
    Numbers of questions, articles and contexts of a file, and their lengths.

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


def count(file: SquadFile) -> FileCounts:
    """Count the questions, articles, contexts and words of a file."""
    entries = [entry for _, entry in file.questions()]
    contexts = {paragraph.context for paragraph in file.paragraphs()}
    return FileCounts(
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
    """Return a percentile: the smallest length that this share of all lengths does not exceed."""
    return lengths[math.ceil(share * len(lengths)) - 1]
