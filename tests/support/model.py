"""A document store that is a dictionary: what the real one is compared with."""

import copy
import re
from dataclasses import replace

import numpy as np
from haystack import Document
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack.utils.filters import document_matches_filter


class Model:
    """
    Documents by id, in the order in which they were written; an overwritten one goes to the end.

    :param dimension: Length of the embeddings.
    """

    def __init__(self, dimension: int) -> None:
        self.documents: dict[str, Document] = {}
        self.dimension = dimension

    def write_documents(self, documents: list[Document], policy: DuplicatePolicy) -> int:
        ids = [document.id for document in documents]
        if policy is DuplicatePolicy.OVERWRITE:
            chosen = {document.id: document for document in documents}
        elif policy is DuplicatePolicy.SKIP:
            chosen = {document.id: document for document in reversed(documents) if document.id not in self.documents}
            chosen = {doc_id: chosen[doc_id] for doc_id in dict.fromkeys(ids) if doc_id in chosen}
        elif len(set(ids)) < len(ids) or set(ids) & set(self.documents):
            raise DuplicateDocumentError
        else:
            chosen = dict(zip(ids, documents, strict=True))
        if any(len(d.embedding) != self.dimension for d in chosen.values() if d.embedding is not None):
            raise ValueError
        for doc_id, document in chosen.items():
            self.documents.pop(doc_id, None)
            self.documents[doc_id] = _rounded(document)
        return len(documents) if policy is DuplicatePolicy.OVERWRITE else len(chosen)

    def delete_documents(self, ids: list[str]) -> None:
        for doc_id in ids:
            self.documents.pop(doc_id, None)

    def delete_all_documents(self, recreate_index: bool) -> None:
        self.documents.clear()
        self.dimension = 8 - self.dimension if recreate_index else self.dimension

    def delete_by_filter(self, filters: dict) -> int:
        matching = self.matching(filters)
        self.delete_documents([document.id for document in matching])
        return len(matching)

    def update_by_filter(self, filters: dict, meta: dict) -> int:
        matching = self.matching(filters)
        for document in matching:
            self.documents[document.id] = replace(document, meta={**document.meta, **copy.deepcopy(meta)})
        return len(matching)

    def compact(self) -> None:
        """Change nothing."""

    def set_type(self, index_type: str) -> None:
        """Change nothing."""

    def matching(self, filters: dict | None) -> list[Document]:
        documents = list(self.documents.values())
        return [d for d in documents if filters is None or document_matches_filter(filters, d)]

    def with_words(self, query: str, filters: dict | None) -> set[str]:
        """Return the ids of the documents that share a word with the query."""
        wanted = _words(query)
        return {d.id for d in self.matching(filters) if d.content is not None and wanted & _words(d.content)}

    def cosines(self, query: list[float], filters: dict | None) -> dict[str, float]:
        """Return the cosine similarity of each document that has an embedding."""
        found = [document for document in self.matching(filters) if document.embedding is not None]
        vectors = np.array([document.embedding for document in found]).reshape(len(found), len(query))
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
        products = vectors @ np.array(query) / np.where(lengths == 0, 1, lengths)
        return dict(zip((document.id for document in found), products.tolist(), strict=True))


def _rounded(document: Document) -> Document:
    """Return a copy with its embedding as float32 holds it."""
    embedding = None if document.embedding is None else np.float32(document.embedding).tolist()
    return replace(copy.deepcopy(document), embedding=embedding)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
