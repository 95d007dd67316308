"""The embedder of questions as a Haystack component."""

from typing import Any

from haystack import component, default_to_dict

from spanwise.default_embedder import DEFAULT_EMBEDDER
from spanwise.embed.encoder import Encoder
from spanwise.embed.load import load_encoder
from spanwise.types import EmbedderIdentity


@component
class QuestionEmbedder:
    """
    Embeds a question, as `PassageEmbedder` embeds what answers it.

    ### Usage example

    ```python
    from spanwise.embed import QuestionEmbedder

    embedder = QuestionEmbedder()
    embedder.warm_up()
    print(len(embedder.run(query="When does the dome open?")["embedding"]))
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

    @component.output_types(embedding=list[float], embedder=EmbedderIdentity)
    def run(self, query: str) -> dict[str, Any]:
        """
        Embed one question.

        :returns: A dictionary with the following keys:
            - `embedding`: A list of unit length.
            - `embedder`: What must agree for other vectors to be comparable with it.
        """
        encoder = self._loaded()
        return {"embedding": encoder.encode_queries([query])[0].tolist(), "embedder": encoder.identity}

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings."""
        return default_to_dict(self, model=self.model, device=self.device)
