"""Calibrate a reader on questions asked of a corpus."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from spanwise.answer.fitting import Asked, Rated, fit_calibration, fit_margins, hold_out
from spanwise.calibration import Calibration
from spanwise.evaluate.calibration_measures import auroc, brier_score, equal_mass_bins, expected_calibration_error
from spanwise.evaluate.reader import check_lengths, read_contexts
from spanwise.evaluate.right import Rule, is_right
from spanwise.pipeline.corpus import QUESTIONS_AT_ONCE, Corpus
from spanwise.squad import Question, QuestionSet
from spanwise.types import QueryResult

ANSWERS = 5  # of each question; all of them are fitted to

ReportStep = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Fit:
    """
    A calibration and how far it can be believed.

    :param measures: On questions left out of the fit in turn: "expected_calibration_error" (ten bins of equal mass) and
        "brier" of the confidence that the first answer is right, "auroc_right" of how well it tells right from wrong,
        and "auroc_unanswerable" of how well questions without an answer in the corpus are told from others; None where
        all are of one kind.
    """

    calibration: Calibration
    measures: dict[str, float | None]


def calibrate(
    corpus: Corpus,
    sets: Sequence[QuestionSet],
    *,
    right: Rule = "holds",
    passages: int = 20,
    progress: ReportStep | None = None,
) -> Fit:
    """
    Ask a corpus questions whose answers are known, and fit its confidences to what comes of it.

    Where the questions have contexts, the reader also reads each by itself, and its margins are fitted too.

    :param corpus: With an index; its reader should not have been trained on the questions.
    :param sets: Questions; those without right answers are taken to have none in the corpus.
    :param right: When an answer counts as right; see `spanwise.evaluate.right`.
    :param passages: How many passages are read for a question.
    :param progress: Called with what is being done, how much of it is done and how much there is.
    :raises UsageError: If there are too few right or wrong answers to fit.
    :raises SpanwiseError: If the corpus cannot answer.
    """
    questions = [question for found in sets for question in found.questions]
    check_lengths(corpus.reader, questions)
    asked = [
        _asked(question, result, right)
        for question, result in zip(questions, _results(corpus, questions, passages, progress), strict=True)
    ]
    calibration = fit_calibration(asked, _fit_reader(corpus, questions, right, progress))
    measures = {name: None if value is None else round(value, 4) for name, value in _measures(asked).items()}
    fitted_on: dict[str, Any] = {
        "data": [found.name for found in sets],
        "date": datetime.now(UTC).date().isoformat(),
        "questions": len(questions),
        "unanswerable": sum(not question.answerable for question in questions),
        "passages_in_corpus": corpus.index.count(),
        "passages_read": passages,
        "right": right,
        "held_out": measures,
    }
    return Fit(replace(calibration, fitted_on=fitted_on), measures)


def _fit_reader(corpus: Corpus, questions: Sequence[Question], right: Rule, progress: ReportStep | None) -> Calibration:
    """Fit what is known of the reader by itself, where enough questions have a context to read; else keep it."""
    alone = [question for question in questions if question.context is not None]
    if progress is not None and alone:
        progress("reading contexts", 0, len(alone))
    reads = read_contexts(corpus.reader, alone)
    found = [(question, read) for question, read in zip(alone, reads, strict=True) if read.text]
    rights = [is_right(read.text, question.golds, right) for question, read in found]
    fitted = fit_margins([-read.na_score for _, read in found], rights)
    if fitted is None:
        return corpus.calibration
    return replace(corpus.calibration, null_threshold=fitted[0], slope=fitted[1])


def _results(
    corpus: Corpus, questions: Sequence[Question], passages: int, progress: ReportStep | None
) -> Iterator[QueryResult]:
    for begin in range(0, len(questions), QUESTIONS_AT_ONCE):
        if progress is not None:
            progress("asking", begin, len(questions))
        texts = [question.question for question in questions[begin : begin + QUESTIONS_AT_ONCE]]
        yield from corpus.ask_many(texts, top_k=ANSWERS, passages=passages)


def _asked(question: Question, result: QueryResult, right: Rule) -> Asked:
    rated = [
        Rated(answer.signals, is_right(answer.answer, question.golds, right))
        for answer in sorted(result.answers, key=lambda answer: -answer.score)
    ]
    return Asked(rated, question.answerable)


def _measures(asked: Sequence[Asked]) -> dict[str, float | None]:
    held = hold_out(asked)
    bins = equal_mass_bins(held.confidence, held.right)
    return {
        "expected_calibration_error": expected_calibration_error(bins),
        "brier": brier_score(held.confidence, held.right),
        "auroc_right": auroc(held.confidence, held.right),
        "auroc_unanswerable": auroc(held.no_answer, ~held.answerable),
    }
