"""A Haystack document store that loses nothing."""

from asyncio import to_thread
from collections.abc import Sequence
from typing import Any

from haystack import Document
from haystack.document_stores.types import DuplicatePolicy

from spanwise.index.index import Index
from spanwise.index.maintenance.restore import Encode
from spanwise.index.store_core import WAIT_S
from spanwise.index.store_queries import StoreQueries


class FaissDocumentStore(StoreQueries):
    """
    Documents and their embeddings in one folder: durable and incremental.

    >>> from haystack import Document
    >>> store = FaissDocumentStore("my.index")  # doctest: +SKIP
    >>> store.write_documents([Document(content="The port is 8080.", embedding=[0.6, 0.8])])  # doctest: +SKIP
    1
    >>> store.embedding_retrieval([0.6, 0.8])[0].score  # doctest: +SKIP
    1.0

    Every write is one atomic commit, on the disk when the call returns. A filter is applied before the search. Several
    stores, in any processes, may share a path: one writes at a time, and readers see the newest commit. An index that
    a `Corpus` made can be opened too; its passages are documents with the metadata of their place.

    Documents that exist nowhere else are backed up by copying the folder while nobody writes it: `repair` makes again
    what follows from them, and not the documents.

    :param path: The index's folder; made at the first use if it is not there.
    :param embedding_dim: Length of the embeddings; by default that of the first one written.
    :param index_type: How vectors are searched: "flat" scores all of them; "hnsw", "ivf", "ivf-pq", "sq8", "fp16" or a
        FAISS factory string find candidates with FAISS and score those; "auto" is flat below 100,000 vectors and hnsw
        from there, unless the index has another type recorded. Scores are true cosines for every type; which documents
        have the highest, FAISS may miss. A filtered search, and one of "flat", is always exact.
    :param embedder: Which model makes the embeddings; recorded, and any other is refused from then on.
    :raises ValueError: If `index_type` is neither a plain name nor a factory string, or `embedding_dim` is impossible.
    """

    def verify(self) -> list[str]:
        """
        Read everything and compare it with its checksums; a damaged index can be verified too.

        :returns: One line for each thing that is damaged; empty when all is well.
        :raises IndexStateError: If there is no index.
        """
        with Index.open(self.path, check=False) as index:
            return index.verify()

    def repair(self, encode: Encode | None = None) -> list[str]:
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

    async def count_documents_async(self) -> int:
        """Like `count_documents`, in a thread."""
        return await to_thread(self.count_documents)

    async def filter_documents_async(self, filters: dict[str, Any] | None = None) -> list[Document]:
        """Like `filter_documents`, in a thread."""
        return await to_thread(self.filter_documents, filters)

    async def write_documents_async(
        self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE
    ) -> int:
        """Like `write_documents`, in a thread."""
        return await to_thread(self.write_documents, documents, policy)

    async def write_corpus_async(self, sources: list[Document], documents: list[Document]) -> int:
        """Like `write_corpus`, in a thread."""
        return await to_thread(self.write_corpus, sources, documents)

    async def delete_documents_async(self, document_ids: list[str]) -> None:
        """Like `delete_documents`, in a thread."""
        await to_thread(self.delete_documents, document_ids)

    async def delete_all_documents_async(self, recreate_index: bool = False) -> None:
        """Like `delete_all_documents`, in a thread."""
        await to_thread(self.delete_all_documents, recreate_index)

    async def delete_by_filter_async(self, filters: dict[str, Any]) -> int:
        """Like `delete_by_filter`, in a thread."""
        return await to_thread(self.delete_by_filter, filters)

    async def update_by_filter_async(self, filters: dict[str, Any], meta: dict[str, Any]) -> int:
        """Like `update_by_filter`, in a thread."""
        return await to_thread(self.update_by_filter, filters, meta)

    async def count_documents_by_filter_async(self, filters: dict[str, Any]) -> int:
        """Like `count_documents_by_filter`, in a thread."""
        return await to_thread(self.count_documents_by_filter, filters)

    async def count_unique_metadata_by_filter_async(
        self, filters: dict[str, Any], metadata_fields: list[str]
    ) -> dict[str, int]:
        """Like `count_unique_metadata_by_filter`, in a thread."""
        return await to_thread(self.count_unique_metadata_by_filter, filters, metadata_fields)

    async def get_metadata_fields_info_async(self) -> dict[str, dict[str, str]]:
        """Like `get_metadata_fields_info`, in a thread."""
        return await to_thread(self.get_metadata_fields_info)

    async def get_metadata_field_min_max_async(self, metadata_field: str) -> dict[str, Any]:
        """Like `get_metadata_field_min_max`, in a thread."""
        return await to_thread(self.get_metadata_field_min_max, metadata_field)

    async def get_metadata_field_unique_values_async(
        self,
        metadata_field: str,
        search_term: str | None = None,
        from_: int = 0,
        size: int = 10,
        filters: dict[str, Any] | None = None,
    ) -> tuple[list[Any], int]:
        """Like `get_metadata_field_unique_values`, in a thread."""
        return await to_thread(self.get_metadata_field_unique_values, metadata_field, search_term, from_, size, filters)

    async def embedding_retrieval_async(
        self,
        query_embedding: Sequence[float],
        *,
        filters: dict[str, Any] | None = None,
        top_k: int = 10,
        return_embedding: bool = True,
    ) -> list[Document]:
        """Like `embedding_retrieval`, in a thread."""
        return await to_thread(
            self.embedding_retrieval, query_embedding, filters=filters, top_k=top_k, return_embedding=return_embedding
        )

    async def search_batch_async(
        self,
        query_embeddings: Sequence[Sequence[float]],
        *,
        filters: dict[str, Any] | None = None,
        top_k: int = 10,
        return_embedding: bool = True,
    ) -> list[list[Document]]:
        """Like `search_batch`, in a thread."""
        return await to_thread(
            self.search_batch, query_embeddings, filters=filters, top_k=top_k, return_embedding=return_embedding
        )

    async def lexical_retrieval_async(
        self, query: str, *, filters: dict[str, Any] | None = None, top_k: int = 10, return_embedding: bool = False
    ) -> list[Document]:
        """Like `lexical_retrieval`, in a thread."""
        return await to_thread(
            self.lexical_retrieval, query, filters=filters, top_k=top_k, return_embedding=return_embedding
        )
