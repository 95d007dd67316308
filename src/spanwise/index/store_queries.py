"""The document store's reads: documents, metadata, retrieval."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from haystack import Document

from spanwise.checks import check_positive
from spanwise.index.catalogue.lexical import match_expression, matches
from spanwise.index.documents import read_documents, read_metas
from spanwise.index.filters import parse_filters
from spanwise.index.metadata import value_key
from spanwise.index.selection import field_values, matching_ids
from spanwise.index.store_core import StoreCore
from spanwise.index.vectors.search import top, unit_queries
from spanwise.types import EmbedderIdentity, SourceText

_TYPES = ((bool, "boolean"), (int, "int"), (float, "float"))


class StoreQueries(StoreCore):
    """Reading; see `FaissDocumentStore`. Every call sees one committed generation."""

    def count_documents(self) -> int:
        """Return the number of documents."""
        return self.index.count()

    def source(self, file: str) -> SourceText:
        """
        Return the stored text of an indexed file.

        :raises IndexStateError: If there is no such file; the message suggests near ones.
        """
        return self.index.source(file)

    def sources(self, files: Iterable[str]) -> tuple[int, dict[str, SourceText]]:
        """Return the newest generation, and its stored texts of those of the files that there are."""
        with self.index.pinned() as snapshot:
            return snapshot.generation, snapshot.sources(files)

    def require_embedder(self, identity: EmbedderIdentity) -> None:
        """
        Check that vectors of an embedder may be searched for here.

        :raises IndexStateError: If the index was made with another.
        """
        self.index.require_embedder(identity)

    def filter_documents(self, filters: dict[str, Any] | None = None) -> list[Document]:
        """
        Return the documents that a filter matches, with their embeddings, in the order they were written.

        :raises FilterError: If the filter is not one of Haystack's.
        """
        condition = parse_filters(filters)
        with self.index.snapshot() as (connection, view):
            return read_documents(connection, view, matching_ids(connection, view, condition).tolist())

    def count_documents_by_filter(self, filters: dict[str, Any]) -> int:
        """Return the number of documents that a filter matches."""
        condition = parse_filters(filters)
        with self.index.snapshot() as (connection, view):
            return len(matching_ids(connection, view, condition))

    def count_unique_metadata_by_filter(self, filters: dict[str, Any], metadata_fields: list[str]) -> dict[str, int]:
        """Return, for each metadata field, how many values it has in the documents that a filter matches."""
        condition = parse_filters(filters)
        counts = {}
        with self.index.snapshot() as (connection, view):
            ids = None if condition is None else matching_ids(connection, view, condition).tolist()
            for field in metadata_fields:
                values = field_values(connection, view, field, ids)
                counts[field.removeprefix("meta.")] = len({value_key(value) for value in values if value is not None})
        return counts

    def get_metadata_fields_info(self) -> dict[str, dict[str, str]]:
        """Return {"type": ...} for every metadata field: boolean, int, float, date or keyword."""
        found: dict[str, dict[str, str]] = {}
        with self.index.reading() as connection:
            for meta in read_metas(connection):
                for key, value in meta.items():
                    if value is not None:
                        found[key] = {"type": _type_of(value)}
        return found

    def get_metadata_field_min_max(self, metadata_field: str) -> dict[str, Any]:
        """Return the "min" and the "max" of a field's numbers, dates or texts; None where they have no order."""
        with self.index.snapshot() as (connection, view):
            values = field_values(connection, view, metadata_field, None)
        ordered = [value for value in values if isinstance(value, (int, float, str, date))]
        try:
            return {"min": min(ordered, default=None), "max": max(ordered, default=None)}
        except TypeError:
            return {"min": None, "max": None}

    def get_metadata_field_unique_values(
        self,
        metadata_field: str,
        search_term: str | None = None,
        from_: int = 0,
        size: int = 10,
        filters: dict[str, Any] | None = None,
    ) -> tuple[list[Any], int]:
        """
        Return a page of the values that a field has.

        :param search_term: Text that a value must contain, in any case.
        :param from_: Number of values to pass over.
        :param size: Most values to return.
        :returns: The values, sorted as text, and how many there are in all.
        """
        condition = parse_filters(filters)
        with self.index.snapshot() as (connection, view):
            ids = None if condition is None else matching_ids(connection, view, condition).tolist()
            values = field_values(connection, view, metadata_field, ids)
        term = (search_term or "").lower()
        unique = {value_key(value): value for value in values if value is not None and term in str(value).lower()}
        ordered = sorted(unique.values(), key=lambda value: (str(value), type(value).__name__))
        return ordered[from_ : from_ + size], len(ordered)

    def embedding_retrieval(
        self,
        query_embedding: Sequence[float],
        *,
        filters: dict[str, Any] | None = None,
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
        filters: dict[str, Any] | None = None,
        top_k: int = 10,
        return_embedding: bool = True,
    ) -> list[list[Document]]:
        """
        Answer many queries at once, each as `embedding_retrieval` does.

        :param query_embeddings: *Shape:* (queries, dimension).
        """
        check_positive(top_k=top_k)
        condition = parse_filters(filters)
        if not len(query_embeddings):
            return []
        index = self.index
        queries = unit_queries(query_embeddings, index.dimension or self.embedding_dim)
        with index.snapshot() as (connection, view):
            allowed = None if condition is None else matching_ids(connection, view, condition)
            return [
                read_documents(connection, view if return_embedding else None, ids.tolist(), scores.tolist())
                for ids, scores in top(view, queries, top_k, allowed)
            ]

    def lexical_retrieval(
        self, query: str, *, filters: dict[str, Any] | None = None, top_k: int = 10, return_embedding: bool = False
    ) -> list[Document]:
        """
        Return the documents that hold words of the query, ranked by BM25.

        :param query: Any text.
        :param top_k: Most documents, at least 1.
        :returns: Documents, best first; a score is FTS5's BM25 with its sign turned, higher is better.
        :raises FilterError: If the filter is not one of Haystack's.
        """
        check_positive(top_k=top_k)
        condition = parse_filters(filters)
        expression = match_expression(query)
        if expression is None:
            return []
        with self.index.snapshot() as (connection, view):
            among = None
            if condition is not None:
                ids = json.dumps(matching_ids(connection, view, condition).tolist())
                among = "SELECT value FROM json_each(?)", [ids]
            found = matches(connection, expression, top_k, among)
            ids_found, scores = [number for number, _ in found], [score for _, score in found]
            return read_documents(connection, view if return_embedding else None, ids_found, scores)


def _type_of(value: Any) -> str:
    for kind, name in _TYPES:
        if isinstance(value, kind):
            return name
    return "date" if isinstance(value, date) else "keyword"
