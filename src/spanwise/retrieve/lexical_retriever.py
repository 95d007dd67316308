"""Lexical retrieval as a Haystack component."""

from typing import Any

from haystack import Document, component

from spanwise.retrieve.retriever import StoreRetriever


@component
class LexicalRetriever(StoreRetriever):
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
        return {"documents": self.document_store.lexical_retrieval(query, **self._settings(filters, top_k))}
