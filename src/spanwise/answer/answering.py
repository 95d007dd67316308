"""Make the result of one question from the candidates that were read for it."""

from collections.abc import Callable, Sequence

from spanwise.answer.context import context_around
from spanwise.answer.merge import Group, Place, merge
from spanwise.calibration import Calibration
from spanwise.types import Answer, Candidate, Citation, Hit, QueryResult, SourceText


def answer_question(
    query: str,
    candidates: Sequence[Candidate],
    source_text: Callable[[str], SourceText],
    calibration: Calibration,
    *,
    top_k: int = 5,
    threshold: float | None = None,
    passages: Sequence[Hit] = (),
) -> QueryResult:
    """
    Merge candidates into answers with citations and confidence, and decide whether to abstain.

    :param candidates: Of this question, highest margin first.
    :param source_text: Gives the source text of a file.
    :param top_k: Most answers.
    :param passages: What was read, in that order.
    :param threshold: Confidence in [0, 1] below which to abstain; None takes the calibration's own.
    """
    groups = merge(candidates, source_text, top_k=top_k)
    answers = tuple(_answer(group, calibration) for group in groups)
    threshold = calibration.threshold if threshold is None else threshold
    best = answers[0].confidence if answers else 0.0
    return QueryResult(
        query=query,
        answers=answers,
        abstained=not answers or best < threshold,
        threshold=threshold,
        no_answer_confidence=1 - best,
        calibrated=calibration.calibrated,
        passages=tuple(passages),
    )


def _answer(group: Group, calibration: Calibration) -> Answer:
    best = group.places[0]
    begin, stop = context_around(best.source.text, best.start, best.end)
    citations = tuple(_citation(place) for place in group.places)
    margin = best.candidate.span.margin
    return Answer(
        answer=best.text,
        confidence=calibration.confidence(margin),
        file=citations[0].file,
        page=citations[0].page,
        line=citations[0].line,
        start=best.start,
        end=best.end,
        context=best.source.text[begin:stop],
        context_start=begin,
        score=margin,
        retrieval_score=best.candidate.hit.score,
        citations=citations,
    )


def _citation(place: Place) -> Citation:
    source = place.source
    return Citation(source.file, source.page_at(place.start), source.line_at(place.start), place.start, place.end)
