"""Dense retrieval as a Haystack component."""

from typing import Any, Protocol

from haystack import Document, component, default_from_dict, default_to_dict

from spanwise.types import EmbedderIdentity


class DenseStore(Protocol):
    """What the retriever asks of a document store."""

    def embedding_retrieval(
        self, query_embedding: list[float], *, filters: dict[str, Any] | None = None, top_k: int = 10
    ) -> list[Document]:
        """Return documents of high cosine similarity among those that match, best first."""
        ...

    def require_embedder(self, identity: EmbedderIdentity) -> None:
        """Raise an error if the store's vectors were made by another embedder."""
        ...


@component
class DenseRetriever:
    """
    Finds the documents whose embeddings are nearest to a question's, by cosine similarity.

    How surely it finds the very nearest is up to the store: see the `index_type` of `FaissDocumentStore`.

    ### Usage example

    ```python
    from spanwise.index import FaissDocumentStore
    from spanwise.retrieve import DenseRetriever

    retriever = DenseRetriever(FaissDocumentStore("my.index"))
    documents = retriever.run(query_embedding=[0.05] * 384)["documents"]
    ```
    """

    def __init__(self, document_store: DenseStore, filters: dict[str, Any] | None = None, top_k: int = 20) -> None:
        """
        Store the settings.

        :param filters: Haystack filters; only documents that match are searched.
        :param top_k: Most documents to return.
        """
        self.document_store = document_store
        self.filters = filters
        self.top_k = top_k

    @component.output_types(documents=list[Document])
    def run(
        self,
        query_embedding: list[float],
        filters: dict[str, Any] | None = None,
        top_k: int | None = None,
        embedder: EmbedderIdentity | None = None,
    ) -> dict[str, list[Document]]:
        """
        Search.

        :param filters: Overrides the component's own.
        :param top_k: Overrides the component's own.
        :param embedder: What made `query_embedding`; None trusts the caller that it was the store's.
        :returns: A dictionary with the following keys:
            - `documents`: Best first; `score` is the cosine similarity in [-1, 1].
        :raises IndexStateError: If the store's vectors were made by another embedder.
        """
        if embedder is not None:
            self.document_store.require_embedder(embedder)
        documents = self.document_store.embedding_retrieval(
            query_embedding,
            filters=self.filters if filters is None else filters,
            top_k=self.top_k if top_k is None else top_k,
        )
        return {"documents": documents}

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings."""
        return default_to_dict(self, document_store=self.document_store, filters=self.filters, top_k=self.top_k)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "DenseRetriever":
        """Make the component that `to_dict` serialized."""
        return default_from_dict(cls, data)
