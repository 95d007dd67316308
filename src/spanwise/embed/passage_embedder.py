"""The embedder of passages as a Haystack component."""

from dataclasses import replace
from typing import Any

from haystack import Document, component, default_to_dict

from spanwise.default_embedder import DEFAULT_EMBEDDER
from spanwise.embed.encoder import Encoder
from spanwise.embed.load import load_encoder
from spanwise.types import EmbedderIdentity


@component
class PassageEmbedder:
    """
    Embeds documents, in batches of similar length.

    ### Usage example

    ```python
    from haystack import Document
    from spanwise.embed import PassageEmbedder

    embedder = PassageEmbedder()
    embedder.warm_up()
    print(len(embedder.run(documents=[Document(content="The dome opens at dusk.")])["documents"][0].embedding))
    ```
    """

    def __init__(self, model: str = DEFAULT_EMBEDDER, device: str = "auto") -> None:
        """
        Store the settings; the model is loaded by `warm_up`.

        :param model: A sentence-transformers name or folder.
        :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
        """
        self.model = model
        self.device = device
        self._encoder: Encoder | None = None

    def warm_up(self) -> None:
        """
        Load the model; later calls do nothing.

        :raises ModelError: If it cannot be loaded.
        """
        self._loaded()

    def _loaded(self) -> Encoder:
        if self._encoder is None:
            self._encoder = load_encoder(self.model, device=self.device)
        return self._encoder

    @component.output_types(documents=list[Document], embedder=EmbedderIdentity)
    def run(self, documents: list[Document]) -> dict[str, Any]:
        """
        Embed documents by their content.

        :returns: A dictionary with the following keys:
            - `documents`: Copies of `documents`, in their order, with `embedding` set to a list of unit length.
            - `embedder`: What must agree for other vectors to be comparable with these.
        """
        vectors = self._loaded().encode([document.content or "" for document in documents])
        embedded = zip(documents, vectors, strict=True)
        return {
            "documents": [replace(document, embedding=vector.tolist()) for document, vector in embedded],
            "embedder": self._loaded().identity,
        }

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings."""
        return default_to_dict(self, model=self.model, device=self.device)
