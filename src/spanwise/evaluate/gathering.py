"""Ask a corpus questions whose answers are known, and keep what a calibration is fitted to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from spanwise.answer.fitting import Asked, Rated
from spanwise.conditions import ENGLISH, Conditions, model_identity
from spanwise.default_reader import reader_folder
from spanwise.evaluate.reader import check_lengths, read_contexts
from spanwise.evaluate.right import Rule, is_right
from spanwise.language import plainly_not_english
from spanwise.pipeline.corpus import CANDIDATES, QUESTIONS_AT_ONCE, Corpus
from spanwise.squad import Question, QuestionSet
from spanwise.types import QueryResult

MOST_FOREIGN = 0.1  # of a set's questions, for it to be in English

ReportStep = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """
    What became of the questions of one set.

    :param asked: With all answers of the corpus, whatever its calibration was; groups are the articles they are of.
    :param alone: The margin of the best span of each question's own context, in logits, and whether it is right.
    :param conditions: How they were asked.
    :param passages_in_corpus: How many passages the corpus has.
    """

    name: str
    asked: tuple[Asked, ...]
    alone: tuple[tuple[float, bool], ...]
    conditions: Conditions
    passages_in_corpus: int


def gather(
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
    :param right: When an answer counts as right; see `spanwise.evaluate.right`.
    :param passages: How many passages are read for a question.
    :param progress: Called with what is being done, how much of it is done and how much there is.
    :raises SpanwiseError: If the corpus cannot answer.
    """
    entries = questions.questions
    check_lengths(corpus.reader, entries)
    results = _results(corpus, entries, passages, progress)
    asked = tuple(_asked(question, result, right) for question, result in zip(entries, results, strict=True))
    foreign = sum(plainly_not_english(question.question) for question in entries)
    conditions = replace(
        corpus.conditions(passages),
        reader=model_identity(str(reader_folder(corpus.reader.model))),
        language=ENGLISH if foreign <= MOST_FOREIGN * len(entries) else None,
    )
    alone = _alone(corpus, entries, right, progress)
    return Gathered(questions.name, asked, alone, conditions, corpus.index.count())


def _results(
    corpus: Corpus, questions: Sequence[Question], passages: int, progress: ReportStep | None
) -> Iterator[QueryResult]:
    for begin in range(0, len(questions), QUESTIONS_AT_ONCE):
        if progress is not None:
            progress("asking", begin, len(questions))
        texts = [question.question for question in questions[begin : begin + QUESTIONS_AT_ONCE]]
        yield from corpus.ask_many(texts, top_k=CANDIDATES, passages=passages)


def _asked(question: Question, result: QueryResult, right: Rule) -> Asked:
    rated = [
        Rated(answer.signals, is_right(answer.answer, question.golds, right))
        for answer in sorted(result.answers, key=lambda answer: -answer.score)
    ]
    return Asked(rated, question.answerable, question.title)


def _alone(
    corpus: Corpus, questions: Sequence[Question], right: Rule, progress: ReportStep | None
) -> tuple[tuple[float, bool], ...]:
    placed = [question for question in questions if question.context is not None]
    if progress is not None and placed:
        progress("reading contexts", 0, len(placed))
    reads = zip(placed, read_contexts(corpus.reader, placed), strict=True)
    return tuple((-read.na_score, is_right(read.text, question.golds, right)) for question, read in reads if read.text)
