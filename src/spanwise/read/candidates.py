"""Read the passages of many questions, and keep the best candidates of each."""

from collections import defaultdict
from collections.abc import Hashable, Sequence

from spanwise.read.collect import Reading
from spanwise.read.reader import SpanReader
from spanwise.types import Candidate, Hit, Span


def read_ranked(
    reader: SpanReader, readings: Sequence[Reading], *, top_k: int
) -> dict[Hashable, list[tuple[int, Span]]]:
    """
    Find the spans of highest margin of each rank; all readings share batches.

    :param top_k: Most spans of a rank.
    :returns: For each rank the index of a reading and a span in it, highest margin first; equal margins in the order
        of `readings`.
    :raises UsageError: If a question is too long.
    """
    ranked: dict[Hashable, list[tuple[int, Span]]] = defaultdict(list)
    for index, spans in enumerate(reader.read_together(readings, top_k=top_k)):
        ranked[readings[index].rank].extend((index, span) for span in spans)
    return {rank: sorted(found, key=lambda entry: -entry[1].margin)[:top_k] for rank, found in ranked.items()}


def read_candidates(
    reader: SpanReader, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, top_k: int
) -> list[list[Candidate]]:
    """
    Find the spans of highest margin in the passages of each question.

    Of spans that overlap in a source text, be it in two passages, the best is a candidate.

    :param hits: The passages to read for each question.
    :param top_k: Most candidates for each question.
    :returns: For each question its candidates, highest margin first; equal margins in the order of `hits`.
    :raises UsageError: If a question is too long.
    """
    asked = [(number, hit) for number, found in enumerate(hits) for hit in found]
    readings = [
        Reading(questions[number], hit.passage.text, (number, hit.passage.file), number, hit.passage.start)
        for number, hit in asked
    ]
    ranked = read_ranked(reader, readings, top_k=top_k)
    return [
        [Candidate(asked[index][1], span) for index, span in ranked.get(number, [])] for number in range(len(questions))
    ]
