"""Stored rows as Haystack documents, and back; a passage of a file is a document with the metadata of its place."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from haystack import Document
from haystack.dataclasses import ByteStream, SparseEmbedding
from numpy.typing import NDArray

from spanwise.documents import PLACE
from spanwise.index.catalogue.rows import chunks, placeholders
from spanwise.index.records import Row
from spanwise.index.store.metadata import dump_json, dump_meta, load_meta
from spanwise.index.vectors.segments import View

# The metadata of a passage, as SQL; what `update_by_filter` set stands in d.meta and goes before.
PLACE_COLUMNS = dict(zip(PLACE, ("f.file", "d.page", "d.start_at", "d.end_at", "f.title"), strict=True))
FROM = "FROM documents d LEFT JOIN files f ON f.id = d.file_id"
_COLUMNS = f"d.id, d.doc_id, d.content, d.meta, d.extra, d.blob, d.file_id, {', '.join(PLACE_COLUMNS.values())}"


def to_row(document: Document) -> Row:
    """
    Return a document as it is stored, without its embedding.

    :raises ValueError: If its id or its metadata cannot be stored; the message names the document.
    """
    extra: dict[str, Any] = {}
    try:
        document.id.encode()
        meta = dump_meta(document.meta) if document.meta else None
        if document.blob is not None:
            extra["blob"] = {"mime_type": document.blob.mime_type, "meta": dump_meta(document.blob.meta)}
        if document.sparse_embedding is not None:
            extra["sparse"] = document.sparse_embedding.to_dict()
        if document.score is not None:
            extra["score"] = float(document.score)
        packed = dump_json(extra) if extra else None
    except ValueError as error:
        msg = f"document {document.id!r} cannot be stored: {error}"
        raise ValueError(msg) from error
    return Row(
        doc_id=document.id,
        content=document.content,
        embedded=document.embedding is not None,
        meta=meta,
        blob=None if document.blob is None else document.blob.data,
        extra=packed,
    )


def passage_row(document: Document, stored: tuple[Any, ...]) -> Row:
    """
    Return a document that overwrites a passage of a file as the passage that it stays, with other metadata.

    :param stored: The passage, from `stored_passages`.
    :raises ValueError: If it has another text or place, or no embedding; the message names the document.
    """
    content, *place = stored
    file, page, start, end, _ = place
    given = [document.meta.get(name, own) for name, own in zip(PLACE, place, strict=True)]
    if document.content != content or given[:4] != place[:4] or document.embedding is None:
        msg = (
            f"expected document {document.id!r} with the text, the place and an embedding of the passage of {file} "
            "that it overwrites, found others: change the file and sync, or give the document an id of its own"
        )
        raise ValueError(msg)
    kept = dict(zip(PLACE, place, strict=True))
    own = {name: value for name, value in document.meta.items() if name not in kept or kept[name] != value}
    meta = dump_meta(own) if own else None
    return replace(to_row(document), file=file, page=page, start=start, end=end, meta=meta)


def stored_passages(connection: sqlite3.Connection, doc_ids: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Return by their ids the documents that are passages of files: the text, and the metadata of its place."""
    query = f"SELECT d.doc_id, d.content, {', '.join(PLACE_COLUMNS.values())} {FROM} WHERE d.file_id IS NOT NULL"
    rows = (
        row
        for part in chunks(doc_ids)
        for row in connection.execute(f"{query} AND d.doc_id IN ({placeholders(part)})", part)
    )
    return {doc_id: tuple(passage) for doc_id, *passage in rows}


def read_documents(
    connection: sqlite3.Connection, view: View | None, ids: Sequence[int], scores: Iterable[float] | None = None
) -> list[Document]:
    """
    Return documents in the order of `ids`; nothing in them is shared with the store.

    :param view: Where their embeddings are, or None to leave them out.
    :param scores: A score for each, instead of the stored one.
    """
    found: dict[int, tuple[Any, ...]] = {}
    for part in chunks(ids):
        query = f"SELECT {_COLUMNS} {FROM} WHERE d.id IN ({placeholders(part)})"
        found.update((row[0], row) for row in connection.execute(query, part))
    embeddings = {} if view is None else view.gather(ids)
    given = list(scores) if scores is not None else [None] * len(ids)
    return [_document(found[number], embeddings.get(number), score) for number, score in zip(ids, given, strict=True)]


def read_metas(connection: sqlite3.Connection, ids: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the metadata of documents, of all without `ids`, as new objects."""
    query = f"SELECT d.meta, d.file_id, {', '.join(PLACE_COLUMNS.values())} {FROM}"
    parts: Iterable[Sequence[int]] = [()] if ids is None else chunks(ids)
    for part in parts:
        where = "" if ids is None else f" WHERE d.id IN ({placeholders(part)})"
        for meta, file_id, *place in connection.execute(query + where, part):
            yield _meta(meta, file_id, place)


def stored_ids(connection: sqlite3.Connection, doc_ids: Sequence[str]) -> set[str]:
    """Return which of these documents there are."""
    query = "SELECT doc_id FROM documents WHERE doc_id IN ({})"
    parts = chunks(doc_ids)
    return {found for part in parts for (found,) in connection.execute(query.format(placeholders(part)), part)}


def ids_and_metas(connection: sqlite3.Connection, ids: Sequence[int]) -> list[tuple[str, dict[str, Any]]]:
    """Return the documents' own ids, with the metadata that was given to them."""
    query = "SELECT doc_id, meta FROM documents WHERE id IN ({})"
    rows = (row for part in chunks(ids) for row in connection.execute(query.format(placeholders(part)), part))
    return [(doc_id, load_meta(text) if text else {}) for doc_id, text in rows]


def _document(row: tuple[Any, ...], embedding: NDArray[np.float32] | None, score: float | None) -> Document:
    _, doc_id, content, meta, extra_text, blob, file_id, *place = row
    extra = json.loads(extra_text) if extra_text else {}
    stream = None
    if blob is not None:
        stream = ByteStream(blob, meta=load_meta(extra["blob"]["meta"]), mime_type=extra["blob"]["mime_type"])
    return Document(
        id=doc_id,
        content=content,
        blob=stream,
        meta=_meta(meta, file_id, place),
        score=extra.get("score") if score is None else score,
        embedding=None if embedding is None else embedding.tolist(),
        sparse_embedding=SparseEmbedding.from_dict(extra["sparse"]) if "sparse" in extra else None,
    )


def _meta(text: str | None, file_id: int | None, place: list[Any]) -> dict[str, Any]:
    own = load_meta(text) if text else {}
    return own if file_id is None else {**dict(zip(PLACE, place, strict=True)), **own}
