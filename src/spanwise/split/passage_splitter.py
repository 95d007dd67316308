"""The splitter as a Haystack component."""

from haystack import Document, component

from spanwise.documents import document_to_source, passage_to_document
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.split.splitter import Splitter, SplitterSettings


@component
class PassageSplitter:
    """
    Cuts source documents into passages that the embedder sees whole.

    ### Usage example

    ```python
    from haystack import Document
    from spanwise.split import PassageSplitter

    splitter = PassageSplitter()
    splitter.warm_up()
    source = Document(content="One. Two.", meta={"file_path": "a.txt", "sha256": "0" * 64})
    print(splitter.run(documents=[source])["documents"][0].meta["source_end"])
    ```
    """

    def __init__(self, embedder: str = DEFAULT_EMBEDDER, max_tokens: int = 192, overlap_tokens: int = 32) -> None:
        """
        Store and check the settings.

        :param embedder: The model whose tokenizer measures the passages.
        :param max_tokens: Most tokens of a passage, special tokens included.
        :param overlap_tokens: Most tokens that a passage repeats of the one before it.
        :raises ValueError: If the overlap is not less than half of a passage.
        """
        self.embedder = embedder
        self.max_tokens = max_tokens
        self.overlap_tokens = overlap_tokens
        self._settings = SplitterSettings(max_tokens=max_tokens, overlap_tokens=overlap_tokens)
        self._splitter: Splitter | None = None

    def warm_up(self) -> None:
        """
        Load the tokenizer; later calls do nothing.

        :raises ModelError: If the embedder cannot be found.
        """
        self._loaded()

    def _loaded(self) -> Splitter:
        if self._splitter is None:
            folder = embedder_folder(self.embedder)
            tokenizer = load_tokenizer(folder if folder.is_dir() else self.embedder)
            self._splitter = Splitter(tokenizer, self._settings)
        return self._splitter

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, list[Document]]:
        """
        Cut documents into passages.

        :param documents: Source documents, with "file_path" and "sha256" in their meta, as `FileConverter` gives them.
        :returns: A dictionary with the following keys:
            - `documents`: Passages, with "file_path", "page_number", "source_start", "source_end" and "title" in their
              meta; offsets are in characters of the source document's content.
        :raises KeyError: If a document's meta lacks "file_path" or "sha256".
        """
        splitter = self._loaded()
        passages = [passage for document in documents for passage in splitter.split(document_to_source(document))]
        return {"documents": [passage_to_document(passage) for passage in passages]}
