"""The document store's life and its writes."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from threading import RLock
from typing import Any, Self

import numpy as np
from haystack import Document, default_from_dict, default_to_dict
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy

from spanwise.documents import document_to_passage, document_to_source
from spanwise.errors import IndexStateError
from spanwise.index.catalogue.rows import chunks, placeholders
from spanwise.index.commit import batch_of
from spanwise.index.documents import to_row
from spanwise.index.faiss.index_types import AUTO, check_type
from spanwise.index.filters import parse_filters
from spanwise.index.index import Index
from spanwise.index.metadata import dump_meta, load_meta
from spanwise.index.records import Batch, Change
from spanwise.index.selection import matching_ids
from spanwise.index.vectors.vector_file import Vectors
from spanwise.types import EmbedderIdentity

WAIT_S = 30.0


class StoreCore:
    """Opening, closing, writing and deleting; see `FaissDocumentStore`."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        embedding_dim: int | None = None,
        index_type: str = "auto",
        embedder: EmbedderIdentity | None = None,
    ) -> None:
        if embedding_dim is not None and embedding_dim < 1:
            msg = f"expected an embedding_dim of at least 1, got {embedding_dim}"
            raise ValueError(msg)
        if embedder is not None and embedding_dim not in {None, embedder.dimension}:
            msg = f"expected the embedder's embedding_dim of {embedder.dimension}, got {embedding_dim}: leave it out"
            raise ValueError(msg)
        check_type(index_type, embedding_dim if embedder is None else embedder.dimension)
        self.path = str(path)
        self.embedding_dim = embedding_dim
        self.index_type = index_type
        self.embedder = embedder
        self._guard = RLock()
        self._opened: Index | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` makes an equal store of."""
        return default_to_dict(
            self,
            path=self.path,
            embedding_dim=self.embedding_dim,
            index_type=self.index_type,
            embedder=None if self.embedder is None else asdict(self.embedder),
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the store that `to_dict` described."""
        parameters = dict(data["init_parameters"])
        if parameters.get("embedder") is not None:
            parameters["embedder"] = EmbedderIdentity(**parameters["embedder"])
        return default_from_dict(cls, {**data, "init_parameters": parameters})

    def warm_up(self) -> None:
        """
        Open the index, or make an empty one; done by the first use otherwise.

        :raises IndexStateError: If the folder holds something else, is damaged, or was made with another embedder.
        """
        with self._guard:
            if self._opened is None:
                Index.ensure(self.path, embedder=self.embedder, wait_s=WAIT_S)
                index = Index.open(self.path)
                try:
                    self._check(index)
                except BaseException:
                    index.close()
                    raise
                self._opened = index

    @property
    def index(self) -> Index:
        """The open index; commits by other processes are seen by the next call."""
        self.warm_up()
        if self._opened is None:  # closed by another thread in between
            msg = f"the store in {self.path} was closed while it was used: close it after its last use"
            raise IndexStateError(msg)
        return self._opened

    def close(self) -> None:
        """Close the index; the next use opens it again."""
        with self._guard:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def write_documents(self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE) -> int:
        """
        Write documents, with or without embedding, in one atomic commit.

        :param documents: What to write; the embeddings all have one length.
        :param policy: What to do with an id that is stored already or stands twice in `documents`: FAIL, the default,
            SKIP all but the first, or OVERWRITE all but the last.
        :returns: The number of documents written; all of them for OVERWRITE.
        :raises ValueError: If something else than documents is given, or one cannot be stored; nothing is written.
        :raises DuplicateDocumentError: By FAIL; nothing is written.
        """
        _check_documents(documents)
        with self._changing() as index:
            stored = self._stored_ids(index, [document.id for document in documents])
            chosen = _resolve(documents, stored, policy)
            if not chosen:
                return 0
            batch = Batch(
                rows=[to_row(document) for document in chosen],
                vectors=_vectors(chosen, self.embedding_dim or index.dimension),
                removed_ids=[document.id for document in chosen if document.id in stored],
            )
            index.commit(batch)
        return len(documents) if policy is DuplicatePolicy.OVERWRITE else len(chosen)

    def write_corpus(self, sources: list[Document], documents: list[Document]) -> int:
        """
        Write files' texts and their embedded passages, instead of what these files had, in one atomic commit.

        :param sources: As `spanwise.documents.source_to_document` makes them; their meta may also hold "size" (bytes)
            and "mtime_ns", by which a later sync passes over files that did not change.
        :param documents: All passages of these sources, with their embeddings.
        :returns: The number of passages written.
        :raises ValueError: If a passage has no embedding.
        :raises IndexStateError: If a passage is not a slice of its source.
        """
        _check_documents([*sources, *documents])
        bare = [document.id for document in documents if document.embedding is None]
        if bare:
            msg = f"expected passages with an embedding, got {len(bare)} without, {bare[0]!r} first: embed them"
            raise ValueError(msg)
        with self._changing() as index:
            texts = [
                (document_to_source(source), source.meta.get("size", 0), source.meta.get("mtime_ns", 0))
                for source in sources
            ]
            passages = [document_to_passage(document) for document in documents]
            vectors = _vectors(documents, self.embedding_dim or index.dimension)
            index.commit(batch_of(Change(sources=texts, passages=passages, vectors=vectors)))
        return len(documents)

    def delete_documents(self, document_ids: list[str]) -> None:
        """Delete documents in one atomic commit; ids that are not there are passed over."""
        with self._changing() as index:
            stored = self._stored_ids(index, document_ids)
            if stored:
                index.commit(Batch(removed_ids=sorted(stored)))

    def delete_all_documents(self, recreate_index: bool = False) -> None:
        """
        Delete everything, the texts of files included.

        :param recreate_index: Whether to forget the length of the vectors and the embedder too.
        """
        with self._changing() as index:
            forgotten: dict[str, Any] = {"dimension": None, "embedder": None} if recreate_index else {}
            index.commit(Batch(clear=True, settings=forgotten))

    def delete_by_filter(self, filters: dict[str, Any]) -> int:
        """
        Delete the documents that a filter matches.

        :returns: How many they were.
        :raises FilterError: If the filter is not one of Haystack's.
        """
        with self._changing() as index:
            removed = [doc_id for doc_id, _ in self._matching(index, filters)]
            if removed:
                index.commit(Batch(removed_ids=removed))
        return len(removed)

    def update_by_filter(self, filters: dict[str, Any], meta: dict[str, Any]) -> int:
        """
        Set metadata of the documents that a filter matches; their other metadata stays.

        :returns: How many they were.
        :raises FilterError: If the filter is not one of Haystack's.
        :raises ValueError: If `meta` cannot be stored.
        """
        dump_meta(meta)
        with self._changing() as index:
            updated = [
                (doc_id, dump_meta({**(load_meta(text) if text else {}), **meta}))
                for doc_id, text in self._matching(index, filters)
            ]
            if updated:
                index.commit(Batch(updated=updated))
        return len(updated)

    @contextmanager
    def _changing(self) -> Iterator[Index]:
        """Be the index's writer, with the embedder and the index type recorded."""
        index = self.index
        with index.exclusive(wait_s=WAIT_S):
            if self.embedder is not None and index.embedder is None:
                index.set_embedder(self.embedder)
            if self.index_type != AUTO and index.index_type == AUTO:
                index.set_type(self.index_type)
            self._check(index)
            yield index

    def _check(self, index: Index) -> None:
        if self.embedder is not None and index.embedder is not None:
            index.require_embedder(self.embedder)
        found = index.dimension
        if self.embedding_dim is not None and found not in {None, self.embedding_dim}:
            msg = (
                f"expected embedding_dim {found}, which the index in {self.path} was made with, got "
                f"{self.embedding_dim}: leave it out, or give another path"
            )
            raise IndexStateError(msg)
        index.require_type(self.index_type)

    @staticmethod
    def _stored_ids(index: Index, ids: Sequence[str]) -> set[str]:
        stored: set[str] = set()
        with index.reading() as connection:
            for part in chunks(ids):
                query = f"SELECT doc_id FROM documents WHERE doc_id IN ({placeholders(part)})"
                stored.update(doc_id for (doc_id,) in connection.execute(query, part))
        return stored

    @staticmethod
    def _matching(index: Index, filters: dict[str, Any]) -> list[tuple[str, str | None]]:
        """Return the ids and stored metadata of the documents that a filter matches."""
        condition = parse_filters(filters)
        found: list[tuple[str, str | None]] = []
        with index.snapshot() as (connection, view):
            for part in chunks(matching_ids(connection, view, condition).tolist()):
                query = f"SELECT doc_id, meta FROM documents WHERE id IN ({placeholders(part)})"
                found.extend(connection.execute(query, part))
        return found


def _check_documents(documents: Any) -> None:
    if not isinstance(documents, list) or not all(isinstance(document, Document) for document in documents):
        other = next((one for one in documents if not isinstance(one, Document)), None) if documents else documents
        got = type(other if isinstance(documents, list) else documents).__name__
        msg = f"expected a list of Document objects, got {got}"
        raise ValueError(msg)


def _resolve(documents: list[Document], stored: set[str], policy: DuplicatePolicy) -> list[Document]:
    """Return the documents to write, each id once."""
    if policy is DuplicatePolicy.OVERWRITE:
        return list({document.id: document for document in documents}.values())
    chosen: dict[str, Document] = {}
    for document in documents:
        if document.id not in stored and document.id not in chosen:
            chosen[document.id] = document
        elif policy is not DuplicatePolicy.SKIP:
            where = "stands twice among the documents" if document.id in chosen else "is stored already"
            msg = f"the id {document.id!r} {where}: use DuplicatePolicy.SKIP or OVERWRITE"
            raise DuplicateDocumentError(msg)
    return list(chosen.values())


def _vectors(documents: list[Document], dimension: int | None) -> Vectors | None:
    """Return the embeddings of those that have one. *Shape:* (n, dimension), float32."""
    embedded = [(document.id, document.embedding) for document in documents if document.embedding is not None]
    if not embedded:
        return None
    expected = dimension or len(embedded[0][1])
    for doc_id, embedding in embedded:
        if len(embedding) != expected or not embedding:
            msg = (
                f"expected embeddings of length {expected or 'at least 1'}, got {len(embedding)} in document "
                f"{doc_id!r}: embed it with the model of the others"
            )
            raise ValueError(msg)
    with np.errstate(over="ignore"):  # what becomes infinite is refused by the index
        return np.array([embedding for _, embedding in embedded], dtype=np.float32)
