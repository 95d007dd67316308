"""What the reader component makes of Haystack's documents."""

from collections.abc import Hashable
from typing import Any

from haystack import Document, ExtractedAnswer

from spanwise.calibration import Calibration
from spanwise.read.requests import ReadRequest
from spanwise.types import Span

# Pairs of meta fields that say which text a document is a slice of, and where it begins there: those of this project's
# passages, and those of Haystack's splitters.
PLACES = (("file_path", "source_start"), ("source_id", "split_idx_start"))


def has_words(document: Document) -> bool:
    """Whether there is anything in a document to read."""
    return document.content is not None and bool(document.content.strip())


def document_request(query: str, document: Document, rank: Hashable) -> ReadRequest:
    """
    Return a document with words as a passage to read for a question.

    :param rank: Names the question among all of a batch.
    """
    source, begin = document.id, 0
    for name, offset in PLACES:
        if document.meta.get(name) is not None and isinstance(document.meta.get(offset), int):
            source, begin = str(document.meta[name]), document.meta[offset]
            break
    return ReadRequest(query, str(document.content), (rank, source), rank, begin)


def document_answer(query: str, document: Document, span: Span, calibration: Calibration) -> ExtractedAnswer:
    """Return a span of a document as an answer."""
    content = str(document.content)
    meta: dict[str, Any] = {
        "margin": span.margin,
        "start_logit": span.start_logit,
        "end_logit": span.end_logit,
        "null_logit": span.null_logit,
    }
    page = document.meta.get("page_number")
    if isinstance(page, int):
        meta["answer_page_number"] = page + content.count("\f", 0, span.start)
    return ExtractedAnswer(
        query=query,
        score=calibration.confidence(span.margin),
        data=content[span.start : span.end],
        document=document,
        document_offset=ExtractedAnswer.Span(span.start, span.end),
        meta=meta,
    )
