"""Calibrate a reader on questions asked of a corpus, or of several."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.answer.fitting import FOLDS, HeldOut, RatedAnswer, RatedQuestion, fit_calibration, fit_margins, hold_out
from spanwise.calibration import Calibration
from spanwise.conditions import ENGLISH, Conditions, reader_identity
from spanwise.errors import UsageError
from spanwise.evaluate.corpus import ask_in_batches
from spanwise.evaluate.measures import auroc, brier_score, equal_mass_bins, expected_calibration_error
from spanwise.evaluate.reader import check_lengths, read_contexts
from spanwise.evaluate.squad_metric import Rule, is_right
from spanwise.pipeline.corpus import CANDIDATES, QUESTIONS_AT_ONCE, Corpus
from spanwise.progress import ReportStep, counting
from spanwise.squad.questions import Question, QuestionSet
from spanwise.text.language import plainly_not_english
from spanwise.types import QueryResult

MOST_FOREIGN = 0.1  # of a set's questions, for it to be in English


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    The answers to the questions of one set, with which of them are right.

    :param asked: With all answers of the corpus, whatever its calibration was; groups are the articles they are of.
    :param alone: The margin of the best span of each question's own context, in logits, and whether it is right.
    :param conditions: How they were asked.
    :param passages_in_corpus: How many passages the corpus has.
    """

    name: str
    asked: tuple[RatedQuestion, ...]
    alone: tuple[tuple[float, bool], ...]
    conditions: Conditions
    passages_in_corpus: int


@dataclass(frozen=True, slots=True)
class Fit:
    """
    A calibration and how far it can be believed.

    :param measures: On questions left out of the fit in turn, by whole sets or articles if there are five of them:
        "expected_calibration_error" (ten bins of equal mass) and "brier" of the confidence that the first answer is
        right, "auroc_right" of how well it tells right from wrong, "auroc_unanswerable" of how well questions without
        an answer in the corpus are told from others, "right_first" of what is answerable, and at the threshold
        "answered_unanswerable", "declined_answerable" and "denied_answerable", to which "no answer" is said; None
        where all are of one kind.
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
    Ask a corpus questions whose answers are known, and fit its confidences to the results.

    Where the questions have contexts, the reader also reads each by itself, and its margins are fitted too.

    :param corpus: With an index; its reader should not have been trained on the questions.
    :param sets: Questions; those without right answers are taken to have none in the corpus.
    :param right: When an answer counts as right; see `spanwise.evaluate.squad_metric.is_right`.
    :param passages: How many passages are read for a question.
    :param progress: Called with what is being done, how much of it is done and how much there is.
    :raises UsageError: If there are too few right or wrong answers to fit.
    :raises SpanwiseError: If the corpus cannot answer.
    """
    how: dict[str, Any] = {"right": right, "passages": passages, "progress": progress}
    gathered = [gather_answers(corpus, questions, **how) for questions in sets]
    return fit_gathered(gathered, corpus.calibration, right=right, passages_in_corpus=corpus.index.count())


def gather_answers(
    corpus: Corpus,
    questions: QuestionSet,
    *,
    right: Rule = "holds",
    passages: int = 20,
    progress: ReportStep | None = None,
) -> Gathered:
    """
    Ask a corpus the questions of a set.

    Where they have contexts, the reader also reads each by itself.

    :param corpus: With an index; its reader should not have been trained on the questions.
    :param questions: Those without right answers are taken to have none in the corpus.
    :param right: When an answer counts as right; see `spanwise.evaluate.squad_metric.is_right`.
    :param passages: How many passages are read for a question.
    :param progress: Called with what is being done, how much of it is done and how much there is.
    :raises SpanwiseError: If the corpus cannot answer.
    """
    entries = questions.questions
    check_lengths(corpus.last_reader, entries)
    results = ask_in_batches(corpus, entries, QUESTIONS_AT_ONCE, progress, top_k=CANDIDATES, passages=passages)
    asked = tuple(rated_question(question, result, right) for question, result in zip(entries, results, strict=True))
    foreign = sum(plainly_not_english(question.question) for question in entries)
    conditions = replace(
        corpus.conditions(passages),
        reader=reader_identity(corpus.reader.model),
        language=ENGLISH if foreign <= MOST_FOREIGN * len(entries) else None,
    )
    placed = [question for question in entries if question.context is not None]
    reads = read_contexts(corpus.last_reader, placed, counting(progress, "reading contexts", len(placed)))
    alone = tuple(
        (-read.na_score, is_right(read.text, question.golds, right))
        for question, read in zip(placed, reads, strict=True)
        if read.text
    )
    return Gathered(questions.name, asked, alone, conditions, corpus.index.count())


def fit_gathered(
    gathered: Sequence[Gathered],
    base: Calibration,
    *,
    passages_in_corpus: int,
    right: Rule = "holds",
    deciding: Collection[str] | None = None,
) -> Fit:
    """
    Fit a calibration to the answers to several sets of questions.

    :param gathered: Asked under the same conditions.
    :param base: What is known of the reader, which is kept where the sets do not tell it.
    :param passages_in_corpus: Of all corpora together.
    :param right: When an answer counted as right.
    :param deciding: Names of the sets whose questions alone decide on the thresholds, of five sets or more; None for
        all. `measures` then are of these alone, too.
    :raises UsageError: If conditions differ, or there are too few right or wrong answers to fit.
    """
    conditions = {replace(found.conditions, language=None) for found in gathered}
    if len(conditions) != 1:
        msg = f"expected sets asked under the same conditions, found {len(conditions)}; ask them again"
        raise UsageError(msg)
    asked = _grouped(gathered)
    pairs = [pair for found in gathered for pair in found.alone]
    alone = fit_margins([margin for margin, _ in pairs], [is_right for _, is_right in pairs])
    if alone is not None:
        base = replace(base, null_threshold=alone[0], slope=alone[1])
    held = hold_out(asked)
    calibration = fit_calibration(asked, base, held, deciding)
    held = held if deciding is None else held.of_groups(deciding)
    measures = _measures(held, calibration)
    languages = {found.conditions.language for found in gathered}
    fitted_on: dict[str, Any] = {
        "data": [found.name for found in gathered],
        "date": datetime.now(UTC).date().isoformat(),
        "questions": len(asked),
        "unanswerable": sum(question.answerable is False for question in asked),
        "answers": sum(len(question.answers) for question in asked),
        "passages_in_corpus": passages_in_corpus,
        "right": right,
        "held_out": measures,
    }
    fitted_with = replace(gathered[0].conditions, language=languages.pop() if len(languages) == 1 else None)
    return Fit(replace(calibration, fitted_with=fitted_with, fitted_on=fitted_on), measures)


def _grouped(gathered: Sequence[Gathered]) -> list[RatedQuestion]:
    """Return all questions, in groups as large as there are at least five of: sets, or else articles."""
    by_set = len(gathered) >= FOLDS
    return [
        replace(question, group=found.name if by_set or question.group is None else f"{found.name} {question.group}")
        for found in gathered
        for question in found.asked
    ]


def _measures(held: HeldOut, calibration: Calibration) -> dict[str, float | None]:
    bins, settled = equal_mass_bins(held.confidence, held.right), held.settled()
    abstained = held.confidence < calibration.threshold
    denied = abstained & (held.no_answer >= calibration.no_answer_threshold)
    measures = {
        "expected_calibration_error": expected_calibration_error(bins),
        "brier": brier_score(held.confidence, held.right),
        "auroc_right": auroc(held.confidence, held.right),
        "auroc_unanswerable": auroc(settled.no_answer, settled.unanswerable),
        "right_first": _share(held.right[held.answerable]),
        "answered_unanswerable": _share(~abstained[held.unanswerable]),
        "declined_answerable": _share(abstained[held.answerable]),
        "denied_answerable": _share(denied[held.answerable]),
    }
    return {name: None if value is None else round(value, 4) for name, value in measures.items()}


def _share(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None


def rated_question(question: Question, result: QueryResult, right: Rule) -> RatedQuestion:
    """Return a question and its answers rated; of one that is not settled, only those that are known to be wrong."""
    answers = sorted(result.answers, key=lambda answer: -answer.score)
    if not question.settled:
        wrong = [answer for answer in answers if is_right(answer.answer, question.rejected, "exact")]
        return RatedQuestion([RatedAnswer(answer.signals, right=False) for answer in wrong], None, question.title)
    rated = [RatedAnswer(answer.signals, is_right(answer.answer, question.golds, right)) for answer in answers]
    return RatedQuestion(rated, question.answerable, question.title)
