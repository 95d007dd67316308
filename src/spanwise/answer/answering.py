"""Make the result of one question from what was read for it, and tell where documents disagree in it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace

from spanwise.answer.matching import answers_differ
from spanwise.answer.merge import AnswerCluster, merge
from spanwise.answer.wording import answer_words
from spanwise.calibration import Calibration
from spanwise.conditions import Conditions, difference
from spanwise.types import Answer, Candidate, Hit, QueryResult, SourceText, Verdict

AROUND = 500  # characters on each side of an answer that its language is told by
NO_ANSWER = 0.0  # the margin below which a reader itself holds "no answer" to be likelier
MOST_STATEMENTS = 4
CLOSE = 0.5
"""Share of the first answer's confidence from which another one counts as close to it."""
REPETITION = 10.0
"""Logits that an answer which only repeats the question's words is put back by, so that it ranks below others and is
still listed. Of 2,000 questions of SQuAD's development sets it changes the first answer to two."""


def answer_question(
    query: str,
    candidates: Sequence[Candidate],
    source_text: Callable[[str], SourceText],
    calibration: Calibration,
    *,
    generation: int = 0,
    top_k: int = 5,
    threshold: float | None = None,
    passages: Sequence[Hit] = (),
    conditions: Conditions | None = None,
    shown: Callable[[str], str] = str,
) -> QueryResult:
    """
    Merge candidates into answers with citations and confidence, and decide whether to abstain.

    :param candidates: Of this question, highest margin first.
    :param source_text: Gives the source text of a file.
    :param generation: The commit of the index that the candidates and the texts were read from.
    :param top_k: Most answers.
    :param passages: What was read, in that order.
    :param threshold: Confidence in [0, 1] below which to abstain; None takes the calibration's own.
    :param conditions: How it was asked, to be compared with what the calibration holds for; None if that is not known.
    :param shown: Gives what a file is called in the result, from its stored name.
    """
    clusters = merge(candidates, source_text, query)
    retrieved = [hit.score for hit in passages]
    found = [(cluster, signals(cluster, clusters, retrieved)) for cluster in clusters]
    rated = [(calibration.answer_confidence(seen), cluster, seen) for cluster, seen in found]
    rated.sort(key=lambda entry: -entry[0])
    answers = tuple(_answer(cluster, confidence, seen, shown) for confidence, cluster, seen in rated[:top_k])
    threshold = calibration.threshold if threshold is None else threshold
    best = answers[0].confidence if answers else 0.0
    abstained = not answers or best < threshold
    no_answer = calibration.no_answer_confidence(rated[0][2]) if rated else 1.0
    verdict: Verdict = "answer"
    if abstained:
        verdict = "unsure" if no_answer < calibration.no_answer_threshold else "no_answer"
    note = _note(calibration, conditions, query, rated[0][1] if rated else None, passages)
    return QueryResult(
        query=query,
        generation=generation,
        answers=answers,
        abstained=abstained,
        threshold=threshold,
        no_answer_confidence=no_answer,
        calibrated=note is None,
        calibration_note=note,
        verdict=verdict,
        passages=placed(passages, source_text, shown),
    )


def signals(cluster: AnswerCluster, clusters: Sequence[AnswerCluster], retrieved: Sequence[float]) -> dict[str, float]:
    """
    Return the signals of one answer among those of its question.

    What a reader holds to be less likely than "no answer" counts for nothing, so that a confidence stays as it is
    whatever irrelevant passages are read that fit the question less; and what stands word for word in several files
    counts once.

    :param clusters: All answers to the question, itself among them; `top_k` has no part in it.
    :param retrieved: The retrieval scores of the passages that were read.
    :returns: By name:
        - "margin": of its best occurrence, in logits; 10 less for an answer that only repeats the question.
        - "lead": how far that is above the best of any other answer, or above "no answer", in logits.
        - "agreement": the base-2 logarithm of how many different statements say so, in [0, 2].
        - "retrieval": the retrieval score of the passage that holds its best occurrence.
        - "behind": that score minus the best one among the passages, at most 0.
        - "rank": minus the natural logarithm of that passage's rank by its score, at most 0.
        - "length": the natural logarithm of its number of words.
    """
    best = cluster.occurrences[0]
    score = best.candidate.hit.score
    better = [other for other in retrieved if other > score]
    margin = _margin(cluster)
    rivals = max((_margin(other) for other in clusters if other is not cluster), default=NO_ANSWER)
    statements = {found.statement for found in cluster.occurrences[1:] if found.margin > NO_ANSWER}
    return {
        "margin": margin,
        "lead": margin - max(rivals, NO_ANSWER),
        "agreement": math.log2(min(len(statements | {best.statement}), MOST_STATEMENTS)),
        "retrieval": score,
        "behind": score - max(better, default=score),
        "rank": -math.log(1 + len(better)),
        "length": math.log(max(1, len(best.words))),
    }


def differing_answers(result: QueryResult) -> tuple[Answer, ...]:
    """
    Return the best answers of different documents, where they say different things and are close to one another.

    :returns: The first answer and what differs from it and from one another, best first, no two in one document; none
        where documents agree, only one answers, or all answers together are less likely than the threshold.
    """
    found: list[Answer] = []
    for answer in result.answers:
        if answer.score <= NO_ANSWER or (found and answer.confidence < CLOSE * found[0].confidence):
            break
        if all(_apart(answer, other) for other in found):
            found.append(answer)
    likely = sum(answer.confidence for answer in found) >= result.threshold
    return tuple(found) if len(found) > 1 and likely else ()


def placed(
    hits: Iterable[Hit], source_text: Callable[[str], SourceText], shown: Callable[[str], str]
) -> tuple[Hit, ...]:
    """
    Return passages with where they stand.

    :param shown: Gives what a file is called, from its stored name.
    """
    found = []
    for hit in hits:
        first, *copies = (replace(passage, file=shown(passage.file)) for passage in hit.places)
        place = replace(source_text(hit.passage.file).cite(first.start, first.end), file=first.file)
        found.append(replace(hit, passage=first, copies=tuple(copies), place=place))
    return tuple(found)


def _note(
    calibration: Calibration, used: Conditions | None, query: str, best: AnswerCluster | None, passages: Sequence[Hit]
) -> str | None:
    """Say why confidences are not calibrated here; None if they are."""
    if not calibration.calibrated:
        return "The reader has no fitted calibration; spanwise calibrate fits one."
    document = passages[0].passage.text if passages else ""
    if best is not None:
        place = best.occurrences[0]
        document = place.source.text[max(0, place.start - AROUND) : place.end + AROUND]
    return difference(calibration.fitted_with, used, query, document)


def _answer(
    cluster: AnswerCluster, confidence: float, seen: Mapping[str, float], shown: Callable[[str], str]
) -> Answer:
    best = cluster.occurrences[0]
    begin, stop = best.context
    places = [found.source.cite(found.start, found.end) for found in cluster.occurrences]
    citations = tuple(replace(place, file=shown(place.file)) for place in places)
    return Answer(
        answer=best.text,
        confidence=confidence,
        context=best.source.text[begin:stop],
        context_start=begin,
        score=cluster.margin,
        retrieval_score=best.candidate.hit.score,
        citations=citations,
        signals=seen,
        **asdict(citations[0]),
    )


def _margin(cluster: AnswerCluster) -> float:
    return cluster.margin - REPETITION if cluster.repeats else cluster.margin


def _apart(one: Answer, other: Answer) -> bool:
    """Tell whether two answers say different things in different documents."""
    files, others = ({citation.file for citation in answer.citations} for answer in (one, other))
    return files.isdisjoint(others) and answers_differ(answer_words(one.answer), answer_words(other.answer))
