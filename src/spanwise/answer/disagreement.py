"""When documents give different answers to one question."""

from spanwise.answer.answering import NO_ANSWER
from spanwise.answer.matching import answers_differ
from spanwise.answer.wording import answer_words
from spanwise.types import Answer, QueryResult

CLOSE = 0.5
"""Share of the first answer's confidence from which another one counts as close to it."""


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


def _apart(one: Answer, other: Answer) -> bool:
    """Tell whether two answers say different things in different documents."""
    files, others = ({citation.file for citation in answer.citations} for answer in (one, other))
    return files.isdisjoint(others) and answers_differ(answer_words(one.answer), answer_words(other.answer))
