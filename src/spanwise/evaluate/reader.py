"""Measure a reader by itself: every question on its own context."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spanwise.errors import UsageError
from spanwise.evaluate.squad_metric import squad_metrics
from spanwise.progress import ReportCount
from spanwise.read.reader import SpanReader
from spanwise.squad.questions import Question, QuestionSet

AT_ONCE = 512  # questions between two reports of progress; their windows share batches


@dataclass(frozen=True, slots=True)
class BestSpan:
    """
    What a reader finds in a question's context.

    :param text: The best span; empty if the context has no words.
    :param na_score: The score of "no answer" minus that of the best span, in logits.
    """

    text: str
    na_score: float


def read_contexts(
    reader: SpanReader, questions: Sequence[Question], progress: ReportCount | None = None
) -> list[BestSpan]:
    """
    Read each question's own context.

    :param progress: Called with the number of questions finished since the last call.
    :raises UsageError: If a question has no context, or is too long.
    :raises ModelError: If the model cannot be loaded.
    """
    check_lengths(reader, questions)
    found: list[BestSpan] = []
    for begin in range(0, len(questions), AT_ONCE):
        pairs = [(question.question, _context(question)) for question in questions[begin : begin + AT_ONCE]]
        for (_, context), spans in zip(pairs, reader.read(pairs, top_k=1), strict=True):
            text = context[spans[0].start : spans[0].end] if spans else ""
            found.append(BestSpan(text, -spans[0].margin if spans else math.inf))
        if progress is not None:
            progress(len(pairs))
    return found


def check_lengths(reader: SpanReader, questions: Sequence[Question]) -> None:
    """
    Refuse questions that are too long to read, before anything is.

    :raises UsageError: If one is; the message names it.
    """
    for question in questions:
        try:
            reader.check_questions([question.question])
        except UsageError as error:
            msg = f"question {question.id!r}: {error}"
            raise UsageError(msg) from error


def default_null_threshold(reader: SpanReader) -> float | None:
    """
    Return how far "no answer" must beat the best span for the prediction to be empty, in logits.

    A calibration's null threshold is the margin, span minus "no answer", from which a span is more likely right than
    wrong; here the difference is taken the other way round. None stands for a model that has no null answer: what it
    finds is never left out.
    """
    return 0.0 - reader.calibration.null_threshold if reader.null_answer else None


def evaluate_reader(
    reader: SpanReader,
    questions: QuestionSet,
    *,
    null_threshold: float | None = None,
    progress: ReportCount | None = None,
) -> dict[str, Any]:
    """
    Read every question on its own context, and score the predictions.

    ```python
    from spanwise.evaluate.reader import evaluate_reader
    from spanwise.read import SpanReader
    from spanwise.squad.questions import read_questions

    print(evaluate_reader(SpanReader(), read_questions("data/sample/questions.json", limit=5))["f1"])
    ```

    :param null_threshold: A prediction is empty where "no answer" beats the best span by more than this, in logits;
        None takes the model's own.
    :param progress: Called with the number of questions finished since the last call.
    :returns: The keys of `squad_metrics`, the best_ ones swept over this threshold, and `null_threshold`, as used.
    :raises UsageError: If a question has no context, or is too long.
    :raises ModelError: If the model cannot be loaded.
    """
    reads = read_contexts(reader, questions.questions, progress)
    threshold = default_null_threshold(reader) if null_threshold is None else null_threshold
    golds = {question.id: question.golds for question in questions.questions}
    found = dict(zip((question.id for question in questions.questions), reads, strict=True))
    texts = {key: read.text for key, read in found.items()}
    scores = {key: read.na_score for key, read in found.items()}
    level = math.inf if threshold is None else threshold
    given = {key: "" if scores[key] > level else text for key, text in texts.items()}
    # What is best is swept over the spans themselves, before any is left out.
    swept = squad_metrics(golds, texts, scores, na_prob_threshold=math.inf)
    best = {key: value for key, value in swept.items() if key.startswith("best_")}
    return {**squad_metrics(golds, given), **best, "null_threshold": threshold}


def _context(question: Question) -> str:
    if question.context is None:
        msg = f"expected questions with contexts, as SQuAD's files have, found {question.id!r} with none"
        raise UsageError(msg)
    return question.context
