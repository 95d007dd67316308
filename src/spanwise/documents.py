"""The project's data types as Haystack documents, and back; imported by component files only."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from haystack import Document

from spanwise.excerpts import excerpt, source_of
from spanwise.source_fields import source_fields, source_from_fields
from spanwise.types import Hit, Passage, SourceText

PLACE = ("file_path", "page_number", "source_start", "source_end", "title")
"""The metadata that says where a passage stands."""
_ALWAYS = {"text", "sha256", "title"}
_UNSAID = source_fields(SourceText("", "", ""))
"""What a source text says where there is nothing to say, which its document leaves out but for those above."""

EXCERPT = "excerpt"
"""The metadata that says the rest of it, in a store that does not keep source texts; see `spanwise.excerpts`."""


def source_to_document(source: SourceText) -> Document:
    """Return a source text as a document whose meta holds everything but the text, as far as there is any."""
    fields = source_fields(source)
    said = {name: value for name, value in fields.items() if name in _ALWAYS or value != _UNSAID[name]}
    return Document(content=said.pop("text"), meta={"file_path": source.file, **said})


def document_to_source(document: Document) -> SourceText:
    """
    Return the source text that `source_to_document` made a document of.

    :raises KeyError: If the document's meta lacks "file_path" or "sha256".
    :raises ValueError: If what it has is not as `source_to_document` gives it.
    """
    file, digest = document.meta["file_path"], document.meta["sha256"]
    return source_from_fields(file, {**document.meta, "text": document.content or "", "sha256": digest})


def passage_to_document(passage: Passage, *, score: float | None = None) -> Document:
    """Return a passage as a document with the same id."""
    place = (passage.file, passage.page, passage.start, passage.end, passage.title)
    return Document(id=passage.id, content=passage.text, meta=dict(zip(PLACE, place, strict=True)), score=score)


def document_to_passage(document: Document) -> Passage:
    """
    Return the passage that `passage_to_document` made a document of.

    :raises KeyError: If the document's meta lacks "file_path", "source_start" or "source_end".
    """
    return Passage(
        file=document.meta["file_path"],
        start=document.meta["source_start"],
        end=document.meta["source_end"],
        text=document.content or "",
        page=document.meta.get("page_number"),
        title=document.meta.get("title"),
    )


def document_to_hit(document: Document) -> Hit:
    """
    Return a found passage with its score and the copies that `PassageFusion` names.

    :raises KeyError: If the document's meta lacks "file_path", "source_start" or "source_end".
    """
    copies = (Document(content=document.content, meta=place) for place in document.meta.get("copies", ()))
    return Hit(
        document_to_passage(document),
        0.0 if document.score is None else document.score,
        tuple(document_to_passage(copy) for copy in copies),
    )


def with_excerpt(document: Document, source: SourceText) -> Document:
    """Return a passage's document with what its source text says of its place."""
    said = excerpt(source, document_to_passage(document))
    return replace(document, meta={**document.meta, EXCERPT: said})


def documents_to_sources(documents: Iterable[Document]) -> dict[str, SourceText]:
    """
    Return the source texts of passages as far as these hold them, by file.

    :raises ValueError: If a passage does not say what it should of its source text.
    """
    found: dict[str, list[tuple[Passage, dict[str, Any]]]] = {}
    for document in documents:
        for meta in (document.meta, *document.meta.get("copies", ())):
            if meta.get(EXCERPT) is None:
                msg = (
                    f"expected passages with the metadata {EXCERPT!r}, found one of {meta.get('file_path')} without: "
                    "write them with CorpusWriter, or give the AnswerMerger a document_store that keeps source texts"
                )
                raise ValueError(msg)
            passage = document_to_passage(Document(content=document.content, meta=meta))
            found.setdefault(passage.file, []).append((passage, meta[EXCERPT]))
    return {file: source_of(excerpts) for file, excerpts in found.items()}
