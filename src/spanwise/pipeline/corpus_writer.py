"""The end of the indexing pipeline: source texts and their passages in one commit."""

from haystack import Document, component

from spanwise.index.store import FaissDocumentStore
from spanwise.pipeline.versions import VERSIONS
from spanwise.types import EmbedderIdentity


@component
class CorpusWriter:
    """
    Writes source documents and their embedded passages, all or nothing.

    ### Usage example

    ```python
    from spanwise.index import FaissDocumentStore
    from spanwise.pipeline import CorpusWriter

    writer = CorpusWriter(FaissDocumentStore("my.index"))
    writer.run(sources=[], documents=[])
    ```
    """

    def __init__(self, document_store: FaissDocumentStore) -> None:
        """Store the settings."""
        self.document_store = document_store

    @component.output_types(documents_written=int)
    def run(
        self, sources: list[Document], documents: list[Document], embedder: EmbedderIdentity | None = None
    ) -> dict[str, int]:
        """
        Write; a file that is in the index already is replaced.

        :param sources: As `FileConverter` gives them.
        :param documents: All passages of `sources`, with embeddings.
        :param embedder: What made the embeddings; recorded in a new index, and compared with an old one's.
        :returns: A dictionary with the following keys:
            - `documents_written`: The number of passages.
        :raises IndexStateError: If the index was made with another embedder.
        """
        if embedder is not None:
            self.document_store.embedder = embedder
        self.document_store.write_corpus(sources, documents, versions=VERSIONS)
        return {"documents_written": len(documents)}
