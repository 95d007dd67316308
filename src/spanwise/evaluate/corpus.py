"""Ask a corpus every question of a set, and record the outcome of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spanwise.errors import IndexStateError, UsageError
from spanwise.evaluate.evidence import Evidence, IndexTexts, find_evidence
from spanwise.evaluate.outcome import Isolated, Outcome, Stage
from spanwise.evaluate.reader import check_lengths, read_contexts
from spanwise.evaluate.squad_metric import Rule, exact_score, f1_score, is_right, scoring_golds
from spanwise.pipeline.corpus import Corpus
from spanwise.progress import ReportStep, counting, watched
from spanwise.retrieve.retriever import retrieve
from spanwise.squad.questions import Question, QuestionSet
from spanwise.types import Passage, QueryResult

DEPTH = 50  # passages of the deepest search that recall is measured in


@dataclass(frozen=True, slots=True)
class Settings:
    """
    How a corpus is asked.

    :param top_k: Most answers to a question.
    :param passages: How many passages are read for a question.
    :param threshold: Confidence in [0, 1] below which to abstain; None takes the reader's own.
    :param batch: How many questions are asked together; their timings are the mean of the batch.
    :param right: When an answer counts as right; see `spanwise.evaluate.squad_metric.is_right`.
    """

    top_k: int = 5
    passages: int = 20
    threshold: float | None = None
    batch: int = 16
    right: Rule = "holds"


class CorpusEvaluation:
    """
    Asks a corpus questions and records the outcome of each.

    ```python
    import spanwise
    from spanwise.evaluate.corpus import CorpusEvaluation
    from spanwise.squad.questions import read_questions

    with spanwise.Corpus("my.index") as corpus:
        evaluation = CorpusEvaluation(corpus)
        outcomes = evaluation.ask(read_questions("data/sample/questions.json", limit=5))
    print(sum(outcome.right for outcome in outcomes), "right of", len(outcomes))
    ```

    :param corpus: With an index.
    :param progress: Called with what is being done, how much of it is done and how much there is.
    :raises IndexStateError: If there is no index, or nothing in it.
    """

    def __init__(self, corpus: Corpus, settings: Settings | None = None, progress: ReportStep | None = None) -> None:
        self._corpus = corpus
        self.settings = Settings() if settings is None else settings
        self._progress = progress
        index = corpus.index
        if not index.count():
            msg = f"expected passages in the index in {corpus.path}, found none; run `spanwise index FOLDER` first"
            raise IndexStateError(msg)
        self._texts = IndexTexts(index)

    def ask(self, questions: QuestionSet) -> list[Outcome]:
        """
        Ask every question but those of which only wrong answers are known.

        :returns: The outcome of each, in their order.
        :raises UsageError: If a question is too long, or of all of them only wrong answers are known.
        :raises SpanwiseError: If the corpus cannot answer.
        """
        asked = tuple(question for question in questions.questions if question.settled)
        if not asked:
            msg = (
                f"expected questions whose right answers are known in {questions.name}, found rejected answers alone; "
                "give others, or use them for `spanwise calibrate`"
            )
            raise UsageError(msg)
        check_lengths(self._corpus.last_reader, asked)
        evidence = [
            find_evidence(question, self._texts) if question.answerable else None
            for question in watched(self._progress, "finding the right answers' places", asked)
        ]
        self._corpus.ask(asked[0].question)  # loads the models, so that no timing has that in it
        chosen = self.settings
        how = {"top_k": chosen.top_k, "passages": chosen.passages, "threshold": chosen.threshold}
        results = ask_in_batches(self._corpus, asked, chosen.batch, self._progress, **how)
        outcomes = list(map(self._outcome, asked, results, evidence))
        deep = self._deep_ranks(asked, evidence)
        isolated = self._contexts(asked)
        return [
            replace(outcome, deep_rank=deep.get(outcome.id), isolated=isolated.get(outcome.id)) for outcome in outcomes
        ]

    def _outcome(self, question: Question, result: QueryResult, evidence: Evidence | None) -> Outcome:
        golds = scoring_golds(question.golds)
        first = result.answers[0] if result.answers else None
        forced = "" if first is None else first.answer
        given = "" if result.abstained else forced
        rights = (is_right(answer.answer, question.golds, self.settings.right) for answer in result.answers)
        right_rank = next((rank for rank, right in enumerate(rights, 1) if right), None)
        passage_rank = _first_with(evidence, (hit.passage for hit in result.passages))
        return Outcome(
            id=question.id,
            question=question.question,
            golds=tuple(dict.fromkeys(question.golds)),
            answer=forced,
            file=None if first is None else first.file,
            page=None if first is None else first.page,
            confidence=None if first is None else first.confidence,
            no_answer_confidence=result.no_answer_confidence,
            abstained=result.abstained,
            threshold=result.threshold,
            calibrated=result.calibrated,
            verdict=result.verdict,
            exact=exact_score(given, golds),
            f1=f1_score(given, golds),
            forced_exact=exact_score(forced, golds),
            forced_f1=f1_score(forced, golds),
            right_rank=right_rank,
            passage_rank=passage_rank,
            deep_rank=None,
            lost_at=lost_at(evidence, right_rank=right_rank, passage_rank=passage_rank, abstained=result.abstained),
            timings_ms=result.timings_ms,
        )

    def _deep_ranks(self, asked: Sequence[Question], evidence: Sequence[Evidence | None]) -> dict[str, int | None]:
        """Search deeper than was read, where less than `DEPTH` passages were."""
        if self.settings.passages >= DEPTH:
            return {}
        index, encoder = self._corpus.index, self._corpus.encoder
        ranks = {}
        wanted = [(question, known) for question, known in zip(asked, evidence, strict=True) if known is not None]
        for begin in watched(self._progress, "searching deeper", range(0, len(wanted), self.settings.batch)):
            part = wanted[begin : begin + self.settings.batch]
            texts = [question.question for question, _ in part]
            found = retrieve(index, texts, encoder.encode_queries(texts), top_k=DEPTH)
            for (question, known), hits in zip(part, found, strict=True):
                ranks[question.id] = _first_with(known, (hit.passage for hit in hits))
        return ranks

    def _contexts(self, asked: Sequence[Question]) -> dict[str, Isolated]:
        wanted = [question for question in asked if question.answerable and question.context is not None]
        count = counting(self._progress, "reading contexts", len(wanted))
        reads = read_contexts(self._corpus.last_reader, wanted, count)
        return {question.id: _isolated(question, read.text) for question, read in zip(wanted, reads, strict=True)}


def ask_in_batches(
    corpus: Corpus, questions: Sequence[Question], size: int, progress: ReportStep | None, **how: Any
) -> Iterator[QueryResult]:
    """Ask a corpus `size` questions at a time; `how` is as `Corpus.ask_many` takes it."""
    for begin in watched(progress, "asking", range(0, len(questions), size)):
        yield from corpus.ask_many([question.question for question in questions[begin : begin + size]], **how)


def _isolated(question: Question, answer: str) -> Isolated:
    golds = scoring_golds(question.golds)
    return Isolated(answer, exact_score(answer, golds), f1_score(answer, golds))


def _first_with(evidence: Evidence | None, passages: Iterator[Passage]) -> int | None:
    if evidence is None:
        return None
    return next((rank for rank, passage in enumerate(passages, 1) if evidence.holds(passage)), None)


def lost_at(
    evidence: Evidence | None, *, right_rank: int | None, passage_rank: int | None, abstained: bool
) -> Stage | None:
    """
    Return the stage that lost the right answer, or None if none did.

    :param evidence: Where the right answer stands; None for a question that has none.
    :param right_rank: 1-based place of the first right answer, or None.
    :param passage_rank: 1-based place of the first passage with the right answer among those read, or None.
    :param abstained: Whether the corpus abstained.
    """
    if evidence is None:
        return None if abstained else "answered_unanswerable"
    if right_rank is not None:
        if right_rank > 1:
            return "out_ranked"
        return "below_threshold" if abstained else None
    if passage_rank is not None:
        return "misread"
    if evidence.in_passages:
        return "not_retrieved"
    return "not_indexed" if evidence.in_source else "not_converted"
