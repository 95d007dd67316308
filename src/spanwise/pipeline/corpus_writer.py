"""The end of the indexing pipeline: source texts and their passages in one commit."""

from haystack import Document, component
from haystack.document_stores.types import DocumentStore, DuplicatePolicy

from spanwise.documents import document_to_source, with_excerpt
from spanwise.errors import UsageError
from spanwise.files.digest import file_sha256
from spanwise.index.roots import Roots
from spanwise.index.store import FaissDocumentStore
from spanwise.pipeline.sync.changes import VERSIONS
from spanwise.types import EmbedderIdentity


@component
class CorpusWriter:
    """
    Writes source documents and their embedded passages.

    A `FaissDocumentStore` takes both, all or nothing. Any other store takes the passages alone, each with what the
    answers in it need to be cited; when it has them, those are deleted that the files had before.

    ### Usage example

    ```python
    from spanwise.index import FaissDocumentStore
    from spanwise.pipeline import CorpusWriter

    writer = CorpusWriter(FaissDocumentStore("my.index"))
    writer.run(sources=[], documents=[])
    ```
    """

    def __init__(self, document_store: DocumentStore) -> None:
        """
        Store the settings.

        :param document_store: A `FaissDocumentStore`, or any other document store.
        """
        self.document_store = document_store

    @component.output_types(documents_written=int)
    def run(
        self, sources: list[Document], documents: list[Document], embedder: EmbedderIdentity | None = None
    ) -> dict[str, int]:
        """
        Write; a file that is in the index already is replaced.

        :param sources: As `FileConverter` gives them.
        :param documents: All passages of `sources`, with embeddings.
        :param embedder: What made the embeddings; a `FaissDocumentStore` records it in a new index, and compares it
            with an old one's.
        :returns: A dictionary with the following keys:
            - `documents_written`: The number of passages.
        :raises IndexStateError: If the index was made with another embedder.
        :raises UsageError: If `Corpus.sync` indexed another file by the same name.
        """
        store = self.document_store
        if isinstance(store, FaissDocumentStore):
            _refuse_namesakes(sources, store.index.roots)
            if embedder is not None:
                store.embedder = embedder
            store.write_corpus(sources, documents, versions=VERSIONS)
        else:
            _write_to(store, sources, documents)
        return {"documents_written": len(documents)}


def _refuse_namesakes(sources: list[Document], roots: Roots) -> None:
    """Refuse what would stand in the place of another file, in a folder that is synced."""
    for source in sources:
        file = source.meta["file_path"]
        place = roots.place_of(file)
        if place is not None and place.is_file() and file_sha256(place) != source.meta.get("sha256"):
            msg = (
                f"expected {file} to be {place}, which this index is synced with, found another file: sync its folder "
                "too (`Corpus.sync`, `spanwise index`), or write it to an index of its own"
            )
            raise UsageError(msg)


def _write_to(store: DocumentStore, sources: list[Document], documents: list[Document]) -> None:
    """Write passages to a store that keeps no source texts, and delete the others of their files."""
    texts = {source.meta["file_path"]: document_to_source(source) for source in sources}
    if not texts:
        return
    files = {"field": "meta.file_path", "operator": "in", "value": [*texts]}
    before = {document.id for document in store.filter_documents(files)}
    written = [with_excerpt(document, texts[document.meta["file_path"]]) for document in documents]
    if written:
        store.write_documents(written, DuplicatePolicy.OVERWRITE)
    gone = before - {document.id for document in written}
    if gone:
        store.delete_documents([*gone])
