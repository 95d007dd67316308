"""A Haystack document store that loses nothing."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import RLock
from typing import Any, Self

import numpy as np
from haystack import Document, default_from_dict, default_to_dict
from haystack.document_stores.types import DuplicatePolicy
from numpy.typing import NDArray

from spanwise.checks import check_positive
from spanwise.documents import document_to_passage, document_to_source
from spanwise.errors import IndexStateError
from spanwise.index.catalogue.lexical import match_expression, matches
from spanwise.index.faiss.index_types import AUTO, check_type
from spanwise.index.index import Index
from spanwise.index.records import UNKNOWN, Change, Versions
from spanwise.index.store.documents import (
    ids_and_metas,
    passage_row,
    read_documents,
    read_metas,
    stored_ids,
    stored_passages,
    to_row,
)
from spanwise.index.store.field_statistics import bounds, distinct, field_types, field_values
from spanwise.index.store.filters import Filters, Selection, check_filters
from spanwise.index.store.in_thread import in_thread
from spanwise.index.store.metadata import dump_meta
from spanwise.index.store.writing import check_documents, embeddings_of, without_duplicates
from spanwise.index.vectors.search import top, unit_queries
from spanwise.types import EmbedderIdentity

WAIT_S = 30.0  # for another writer


class FaissDocumentStore:
    """
    Documents and their embeddings in one folder: durable and incremental.

    >>> from haystack import Document
    >>> store = FaissDocumentStore("my.index")  # doctest: +SKIP
    >>> store.write_documents([Document(content="The port is 8080.", embedding=[0.6, 0.8])])  # doctest: +SKIP
    1
    >>> store.embedding_retrieval([0.6, 0.8])[0].score  # doctest: +SKIP
    1.0

    Every write is one atomic commit, on the disk when the call returns; every read sees one committed generation. A
    filter is applied before the search. Several stores, in any processes, may share a path: one writes at a time, and
    readers see the newest commit. An index that a `Corpus` made can be opened too; its passages are documents with the
    metadata of their place. Methods have coroutines beside them, such as `count_documents_async`. Documents that exist
    nowhere else are backed up by copying the folder while nobody writes it: `repair` makes again what follows from
    them, and not the documents.

    :param path: The index's folder; made at the first use if it is not there.
    :param embedding_dim: Length of the embeddings; by default that of the first one written.
    :param index_type: How vectors are searched: "flat" scores all of them; "hnsw", "ivf", "ivf-pq", "sq8", "fp16" or a
        FAISS factory string find candidates with FAISS and score those; "auto" is flat below 100,000 vectors and hnsw
        from there, unless the index has another type recorded. Scores are true cosines for every type; which documents
        have the highest, FAISS may miss. A filtered search, and one of "flat", is always exact.
    :param embedder: Which model makes the embeddings; recorded, and any other is refused from then on.
    :raises ValueError: If `index_type` is neither a plain name nor a factory string, or `embedding_dim` is impossible.
    """

    __module__ = "spanwise.index.store"  # the name in saved pipelines, wherever in the package the class stands

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        embedding_dim: int | None = None,
        index_type: str = "auto",
        embedder: EmbedderIdentity | None = None,
    ) -> None:
        check_positive(embedding_dim=embedding_dim)
        if embedder is not None and embedding_dim not in {None, embedder.dimension}:
            msg = f"expected the embedder's embedding_dim of {embedder.dimension}, found {embedding_dim}: leave it out"
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
            embedder=self.embedder,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the store that `to_dict` described."""
        parameters = dict(data["init_parameters"])
        if parameters.get("embedder") is not None:
            parameters["embedder"] = EmbedderIdentity.from_dict(parameters["embedder"])
        return default_from_dict(cls, {**data, "init_parameters": parameters})

    def warm_up(self) -> None:
        """
        Open the index, or make an empty one; done by the first use otherwise.

        :raises IndexStateError: If the folder holds something else, is damaged, or was made with another embedder.
        """
        with self._guard:
            if self._opened is None:
                Index.ensure(self.path, embedder=self.embedder, wait_s=WAIT_S)
                with ExitStack() as closing:
                    index = closing.enter_context(Index.open(self.path))
                    self._check(index)
                    closing.pop_all()
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
        Write documents, with or without embedding.

        :param documents: What to write; the embeddings all have one length.
        :param policy: What to do with an id that is stored already or stands twice in `documents`: FAIL, the default,
            SKIP all but the first, or OVERWRITE all but the last. What overwrites a passage of a file has its text.
        :returns: The number of documents written; all of them for OVERWRITE.
        :raises ValueError: If something else than documents is given, or one cannot be stored; nothing is written.
        :raises DuplicateDocumentError: By FAIL; nothing is written.
        """
        check_documents(documents)
        with self._changing() as index:
            with index.reading() as connection:
                stored = stored_ids(connection, [document.id for document in documents])
                passages = stored_passages(connection, stored) if policy is DuplicatePolicy.OVERWRITE else {}
            chosen = without_duplicates(documents, stored, policy)
            if not chosen:
                return 0
            change = Change(
                rows=[
                    passage_row(document, passages[document.id]) if document.id in passages else to_row(document)
                    for document in chosen
                ],
                vectors=embeddings_of(chosen, self.embedding_dim or index.dimension),
                removed_ids=[document.id for document in chosen if document.id in stored],
            )
            index.apply(change)
        return len(documents) if policy is DuplicatePolicy.OVERWRITE else len(chosen)

    def write_corpus(self, sources: list[Document], documents: list[Document], *, versions: Versions = UNKNOWN) -> int:
        """
        Write files' texts and their embedded passages, instead of what these files had.

        :param sources: As `spanwise.documents.source_to_document` makes them; their meta may also hold "size" (bytes)
            and "mtime_ns", by which a later sync passes over files that did not change.
        :param documents: All passages of these sources, with their embeddings.
        :param versions: Which versions of conversion and splitting made them; `spanwise index` converts files of an
            unknown one again.
        :returns: The number of passages written.
        :raises ValueError: If a passage has no embedding.
        :raises IndexStateError: If a passage is not a slice of its source.
        """
        check_documents([*sources, *documents])
        bare = [document.id for document in documents if document.embedding is None]
        if bare:
            msg = f"expected passages with an embedding, found {len(bare)} without, {bare[0]!r} first: embed them"
            raise ValueError(msg)
        with self._changing() as index:
            change = Change(
                sources=[
                    (document_to_source(one), one.meta.get("size", 0), one.meta.get("mtime_ns", 0)) for one in sources
                ],
                passages=[document_to_passage(document) for document in documents],
                vectors=embeddings_of(documents, self.embedding_dim or index.dimension),
                versions=versions,
            )
            index.apply(change)
        return len(documents)

    def delete_documents(self, document_ids: list[str]) -> None:
        """Delete documents; ids that are not there are passed over."""
        with self._changing() as index:
            with index.reading() as connection:
                stored = stored_ids(connection, document_ids)
            if stored:
                index.apply(Change(removed_ids=sorted(stored)))

    def delete_all_documents(self, recreate_index: bool = False) -> None:
        """
        Delete everything, the texts of files included.

        :param recreate_index: Whether to forget the length of the vectors and the embedder too.
        """
        with self._changing() as index:
            forgotten: dict[str, Any] = {"dimension": None, "embedder": None} if recreate_index else {}
            index.apply(Change(clear=True, settings=forgotten))

    def delete_by_filter(self, filters: Filters) -> int:
        """
        Delete the documents that a filter matches.

        :returns: How many they were.
        :raises FilterError: If the filter is not one of Haystack's.
        """
        with self._changing() as index:
            with self._selecting(filters) as found:
                removed = [doc_id for doc_id, _ in ids_and_metas(found.connection, found.ids.tolist())]
            if removed:
                index.apply(Change(removed_ids=removed))
        return len(removed)

    def update_by_filter(self, filters: Filters, meta: dict[str, Any]) -> int:
        """
        Set metadata of the documents that a filter matches; their other metadata stays.

        :returns: How many they were.
        :raises FilterError: If the filter is not one of Haystack's.
        :raises ValueError: If `meta` cannot be stored.
        """
        dump_meta(meta)
        with self._changing() as index:
            with self._selecting(filters) as found:
                before = ids_and_metas(found.connection, found.ids.tolist())
            updated = [(doc_id, dump_meta({**own, **meta})) for doc_id, own in before]
            if updated:
                index.apply(Change(updated=updated))
        return len(updated)

    def verify(self) -> list[str]:
        """
        Read everything and compare it with its checksums; a damaged index can be verified too.

        :returns: One line for each thing that is damaged; empty when all is well.
        :raises IndexStateError: If there is no index.
        """
        with Index.open(self.path, check=False) as index:
            return index.verify()

    def repair(self, encode: Callable[[list[str]], NDArray[np.float32]] | None = None) -> list[str]:
        """
        Make again what can be made of what is whole; see `Index.repair`.

        :param encode: Embeds texts as the lost embeddings were made, *shape* (len(texts), dimension), float32; None
            leaves these lost.
        :returns: One line for each thing that is lost or still damaged; empty when all is well.
        :raises IndexStateError: If there is no index, `encode` makes other embeddings than the index has, or the disk
            is full.
        """
        with Index.open(self.path, check=False) as index, index.exclusive(wait_s=WAIT_S):
            repair = index.repair(encode)
        return [*repair.lost, *(finding.message for finding in repair.left.damage)]

    def compact(self) -> None:
        """
        Give back the space of what was deleted; only then, or after a sync of a `Corpus`, is it gone from the disk.

        :raises IndexStateError: If the disk has no room for a second copy.
        """
        with self._changing() as index:
            index.compact()

    def count_documents(self) -> int:
        """Return the number of documents."""
        return self.index.count()

    def filter_documents(self, filters: Filters | None = None) -> list[Document]:
        """
        Return the documents that a filter matches, with their embeddings, in the order they were written.

        :raises FilterError: If the filter is not one of Haystack's.
        """
        with self._selecting(filters) as found:
            return read_documents(found.connection, found.view, found.ids.tolist())

    def count_documents_by_filter(self, filters: Filters) -> int:
        """Return the number of documents that a filter matches."""
        with self._selecting(filters) as found:
            return len(found.ids)

    def count_unique_metadata_by_filter(self, filters: Filters, metadata_fields: list[str]) -> dict[str, int]:
        """Return, for each metadata field, how many values it has in the documents that a filter matches."""
        values = self._field_values(metadata_fields, filters)
        return {field.removeprefix("meta."): len(distinct(values[field])) for field in metadata_fields}

    def get_metadata_fields_info(self) -> dict[str, dict[str, str]]:
        """Return {"type": ...} for every metadata field: boolean, int, float, date or keyword."""
        with self.index.reading() as connection:
            return field_types(read_metas(connection))

    def get_metadata_field_min_max(self, metadata_field: str) -> dict[str, Any]:
        """Return the "min" and the "max" of a field's numbers, dates or texts; None where they have no order."""
        return bounds(self._field_values([metadata_field])[metadata_field])

    def get_metadata_field_unique_values(
        self,
        metadata_field: str,
        search_term: str | None = None,
        from_: int = 0,
        size: int = 10,
        filters: Filters | None = None,
    ) -> tuple[list[Any], int]:
        """
        Return a page of the values that a field has.

        :param search_term: Text that a value must contain, in any case.
        :param from_: Number of values to pass over.
        :param size: Most values to return.
        :returns: The values, sorted as text, and how many there are in all.
        """
        found = distinct(self._field_values([metadata_field], filters)[metadata_field], search_term or "")
        return found[from_ : from_ + size], len(found)

    def embedding_retrieval(
        self,
        query_embedding: Sequence[float],
        *,
        filters: Filters | None = None,
        top_k: int = 10,
        return_embedding: bool = True,
    ) -> list[Document]:
        """
        Return the documents nearest to a query; with a filter, those that match it alone are searched, all of them.

        Without one, an index type other than "flat", and "auto" from 100,000 vectors on, may miss some of the nearest.

        :param query_embedding: A vector of any length but zero; it is compared by cosine.
        :param top_k: Most documents, at least 1.
        :returns: Documents, best first; their scores are cosine similarities in [-1, 1].
        :raises FilterError: If the filter is not one of Haystack's.
        :raises ValueError: If the query has another dimension, or `top_k` is less than 1.
        """
        return self.search_batch([query_embedding], filters=filters, top_k=top_k, return_embedding=return_embedding)[0]

    def search_batch(
        self,
        query_embeddings: Sequence[Sequence[float]],
        *,
        filters: Filters | None = None,
        top_k: int = 10,
        return_embedding: bool = True,
    ) -> list[list[Document]]:
        """
        Answer many queries at once, each as `embedding_retrieval` does.

        :param query_embeddings: *Shape:* (queries, dimension).
        """
        check_positive(top_k=top_k)
        with self._selecting(filters) as found:
            if not len(query_embeddings):
                return []
            queries = unit_queries(query_embeddings, self.index.dimension or self.embedding_dim)
            view = found.view if return_embedding else None
            return [
                read_documents(found.connection, view, ids.tolist(), scores.tolist())
                for ids, scores in top(found.view, queries, top_k, found.allowed)
            ]

    def lexical_retrieval(
        self, query: str, *, filters: Filters | None = None, top_k: int = 10, return_embedding: bool = False
    ) -> list[Document]:
        """
        Return the documents that hold words of the query, ranked by BM25.

        :param query: Any text.
        :param top_k: Most documents, at least 1.
        :returns: Documents, best first; a score is FTS5's BM25 with its sign turned, higher is better.
        :raises FilterError: If the filter is not one of Haystack's.
        """
        check_positive(top_k=top_k)
        expression = match_expression(query)
        with self._selecting(filters) as found:
            if expression is None:
                return []
            among = None
            if found.filters is not None:
                among = "SELECT value FROM json_each(?)", [json.dumps(found.ids.tolist())]
            ranked = dict(matches(found.connection, expression, top_k, among))
            view = found.view if return_embedding else None
            return read_documents(found.connection, view, [*ranked], ranked.values())

    count_documents_async = in_thread(count_documents)
    filter_documents_async = in_thread(filter_documents)
    write_documents_async = in_thread(write_documents)
    write_corpus_async = in_thread(write_corpus)
    delete_documents_async = in_thread(delete_documents)
    delete_all_documents_async = in_thread(delete_all_documents)
    delete_by_filter_async = in_thread(delete_by_filter)
    update_by_filter_async = in_thread(update_by_filter)
    count_documents_by_filter_async = in_thread(count_documents_by_filter)
    count_unique_metadata_by_filter_async = in_thread(count_unique_metadata_by_filter)
    get_metadata_fields_info_async = in_thread(get_metadata_fields_info)
    get_metadata_field_min_max_async = in_thread(get_metadata_field_min_max)
    get_metadata_field_unique_values_async = in_thread(get_metadata_field_unique_values)
    embedding_retrieval_async = in_thread(embedding_retrieval)
    search_batch_async = in_thread(search_batch)
    lexical_retrieval_async = in_thread(lexical_retrieval)

    @contextmanager
    def _selecting(self, filters: Filters | None) -> Iterator[Selection]:
        checked = check_filters(filters)
        with self.index.snapshot() as (connection, view):
            yield Selection(connection, view, checked)

    def _field_values(self, names: Sequence[str], filters: Filters | None = None) -> dict[str, list[Any]]:
        with self._selecting(filters) as found:
            ids = None if found.allowed is None else found.allowed.tolist()
            return {name: field_values(found.connection, name, ids) for name in names}

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
            msg = f"expected embedding_dim {found}, as {self.path} has, found {self.embedding_dim}: leave it out"
            raise IndexStateError(msg)
        index.require_type(self.index_type)
