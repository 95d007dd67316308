"""Dense retrieval as a Haystack component."""

from typing import Any

from haystack import Document, component

from spanwise.retrieve.retriever import StoreRetriever
from spanwise.types import EmbedderIdentity


@component
class DenseRetriever(StoreRetriever):
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
            self.document_store.index.require_embedder(embedder)
        found = self.document_store.embedding_retrieval(query_embedding, **self._settings(filters, top_k))
        return {"documents": found}
