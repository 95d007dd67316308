"""Lexical retrieval as a Haystack component."""

from typing import Any, Protocol

from haystack import Document, component, default_from_dict, default_to_dict


class LexicalStore(Protocol):
    """What the retriever asks of a document store."""

    def lexical_retrieval(
        self, query: str, *, filters: dict[str, Any] | None = None, top_k: int = 10
    ) -> list[Document]:
        """Return the documents of highest BM25 score among those that match, best first."""
        ...


@component
class LexicalRetriever:
    """
    Finds the documents that share a question's words, by BM25.

    ### Usage example

    ```python
    from spanwise.index import FaissDocumentStore
    from spanwise.retrieve import LexicalRetriever

    retriever = LexicalRetriever(FaissDocumentStore("my.index"))
    documents = retriever.run(query="When does the dome open?")["documents"]
    ```
    """

    def __init__(self, document_store: LexicalStore, filters: dict[str, Any] | None = None, top_k: int = 20) -> None:
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
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """
        Search.

        :param filters: Overrides the component's own.
        :param top_k: Overrides the component's own.
        :returns: A dictionary with the following keys:
            - `documents`: Best first; `score` is the BM25 score, at least 0.
        """
        documents = self.document_store.lexical_retrieval(
            query,
            filters=self.filters if filters is None else filters,
            top_k=self.top_k if top_k is None else top_k,
        )
        return {"documents": documents}

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings."""
        return default_to_dict(self, document_store=self.document_store, filters=self.filters, top_k=self.top_k)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "LexicalRetriever":
        """Make the component that `to_dict` serialized."""
        return default_from_dict(cls, data)
