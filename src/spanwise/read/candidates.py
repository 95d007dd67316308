"""Read the passages of many questions, and keep the best candidates of each."""

from collections.abc import Sequence

from spanwise.read.reader import SpanReader
from spanwise.types import Candidate, Hit


def read_candidates(
    reader: SpanReader, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, top_k: int
) -> list[list[Candidate]]:
    """
    Find the spans of highest margin in the passages of each question; all questions share batches.

    :param hits: The passages to read for each question.
    :param top_k: Most candidates for each question.
    :returns: For each question its candidates, highest margin first; equal margins in the order of `hits`.
    :raises UsageError: If a question is too long.
    """
    asked = [(index, hit) for index, found in enumerate(hits) for hit in found]
    spans = reader.read([(questions[index], hit.passage.text) for index, hit in asked], top_k=top_k)
    candidates: list[list[Candidate]] = [[] for _ in questions]
    for (index, hit), found in zip(asked, spans, strict=True):
        candidates[index].extend(Candidate(hit, span) for span in found)
    return [sorted(found, key=lambda candidate: -candidate.span.margin)[:top_k] for found in candidates]
