"""Label the passages that were found for a question: those that answer it, those that do not, and doubtful ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spanwise.squad.questions import GoldAnswer, Question
from spanwise.train.data.ngrams import holds_answer

AROUND = 20
"""Characters on each side of an answer, or twice as many on one, by which its place is known in another passage."""
PassageKind = Literal["own", "positive", "negative", "left out"]


@dataclass(frozen=True, slots=True)
class LabeledPassage:
    """
    A passage for a question.

    :param kind: Whether it answers; "own" is the passage that the question came with.
    :param answer: Where it does.
    """

    text: str
    kind: PassageKind
    answer: GoldAnswer | None = None


def same_place(question: Question, text: str) -> GoldAnswer | None:
    """Return the answer where a text has it in the same words as the question's own passage; passages overlap."""
    if not question.answerable or question.context is None or question.answers[0].start is None:
        return None
    answer, context = question.answers[0], question.context
    start = question.answers[0].start
    stop = start + len(answer.text)
    for before, behind in ((AROUND, AROUND), (2 * AROUND, 0), (0, 2 * AROUND)):
        begin = max(0, start - before)
        stretch = context[begin : stop + behind]
        if len(stretch) < len(answer.text) + AROUND:  # too little beside it, at an end of the passage
            continue
        at = text.find(stretch)
        if at >= 0:
            return GoldAnswer(answer.text, at + start - begin)
    return None


def labeled(question: Question, text: str) -> LabeledPassage:
    """Label a passage; one that has a right answer, but elsewhere, may answer or not, and is left out."""
    answer = same_place(question, text)
    if answer is not None:
        return LabeledPassage(text, "positive", answer)
    doubtful = question.answerable and holds_answer(text, question.golds)
    return LabeledPassage(text, "left out" if doubtful else "negative")


def passages_to_read(found: Sequence[LabeledPassage], most: int) -> list[LabeledPassage]:
    """Return the first passages that are not left out; the question's own is one of them."""
    return [passage for passage in found if passage.kind != "left out"][:most]
