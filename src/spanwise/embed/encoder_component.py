"""What the two embedding components have in common."""

from spanwise.embed.load import Encoder, load_encoder
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER


class EncoderComponent:
    """A component around an embedding model that is loaded when it is first needed."""

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
