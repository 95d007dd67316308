"""Contexts of a few sentences, with the answer or without it, cut from the paragraphs of SQuAD files."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from spanwise.evaluate.squad_metric import normalized
from spanwise.squad.squad_file import Entry, GoldAnswer, SquadParagraph
from spanwise.text.sentences import breaks

NEIGHBOURS = 2  # at most so many sentences on either side
Made = tuple[str, str, dict[str, Any]]  # title, context, fields of the question


def with_answer(paragraphs: Iterable[SquadParagraph], seed: int) -> list[Made]:
    """
    Keep of each context the sentences that hold the first answer, and up to NEIGHBOURS on either side by chance.

    Other answers stay where they stand in what is kept. A question whose whole context would be kept makes none.
    """
    chance = random.Random(seed)
    made = []
    for paragraph, entry, units in _answerable(paragraphs):
        first, last = _held(units, entry.answers[0])
        start = units[max(0, first - chance.randint(0, NEIGHBOURS))][0]
        end = units[min(len(units) - 1, last + chance.randint(0, NEIGHBOURS))][1]
        if end - start == len(paragraph.context):
            continue
        context = paragraph.context[start:end].rstrip()
        moved = [GoldAnswer(answer.text, answer.start - start) for answer in entry.answers if answer.start is not None]
        answers = [{"text": answer.text, "answer_start": answer.start} for answer in moved if answer.stands_in(context)]
        fields = {"id": f"{entry.id}-cropped", "question": entry.question, "answers": answers, "is_impossible": False}
        made.append((paragraph.title, context, fields))
    return made


def without_answer(paragraphs: Iterable[SquadParagraph], seed: int) -> list[Made]:
    """
    Keep of each context neighbouring sentences that hold none of the answers: questions without an answer.

    A run of sentences is chosen by chance among those in which no answer stands, as the metric normalizes texts, and
    shortened to at most 2 NEIGHBOURS + 1 sentences. A question without such a run makes none.
    """
    chance = random.Random(seed)
    made = []
    for paragraph, entry, units in _answerable(paragraphs):
        answers = [f" {normalized(answer.text)} " for answer in entry.answers]
        runs = _runs([not _holds(paragraph.context[start:end], answers) for start, end in units])
        if not runs:
            continue
        first, last = chance.choice(runs)
        length = chance.randint(1, min(last - first + 1, 2 * NEIGHBOURS + 1))
        first = chance.randint(first, last + 1 - length)
        context = paragraph.context[units[first][0] : units[first + length - 1][1]].rstrip()
        fields = {"id": f"{entry.id}-without", "question": entry.question, "answers": [], "is_impossible": True}
        made.append((paragraph.title, context, fields))
    return made


def _answerable(paragraphs: Iterable[SquadParagraph]) -> Iterable[tuple[SquadParagraph, Entry, list[tuple[int, int]]]]:
    """Yield questions with an answer in a context of more than one sentence, and where its sentences begin and end."""
    for paragraph in paragraphs:
        inner = [offset for offset, _ in breaks(paragraph.context)]
        units = list(zip([0, *inner], [*inner, len(paragraph.context)], strict=True))
        if len(units) > 1:
            yield from (
                (paragraph, entry, units)
                for entry in paragraph.entries
                if entry.answerable and entry.answers[0].stands_in(paragraph.context)
            )


def _held(units: Sequence[tuple[int, int]], answer: GoldAnswer) -> tuple[int, int]:
    """Return the numbers of the first and the last sentence that an answer has a part of."""
    begin = answer.start or 0
    touched = [number for number, (start, end) in enumerate(units) if start < begin + len(answer.text) and begin < end]
    return touched[0], touched[-1]


def _holds(text: str, answers: Sequence[str]) -> bool:
    bounded = f" {normalized(text)} "
    return any(answer in bounded for answer in answers)


def _runs(free: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the numbers of the first and the last of each longest run of true values."""
    runs = []
    start = None
    for number, value in enumerate([*free, False]):
        if value and start is None:
            start = number
        elif not value and start is not None:
            runs.append((start, number - 1))
            start = None
    return runs
