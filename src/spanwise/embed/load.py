"""What the rest of the project asks of an embedding model, and the choice of the code that runs one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from spanwise.progress import ReportCount
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, packaged_embedder
from spanwise.runtime.device import resolve_device
from spanwise.types import EmbedderIdentity

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Encoder(Protocol):
    """
    An embedding model.

    :param identity: What must agree for two vectors to be comparable.
    """

    identity: EmbedderIdentity

    @property
    def tokenizer(self) -> "Tokenizer":
        """Its tokenizer, without truncation or padding; the splitter measures passages with it."""
        ...

    def encode(self, texts: Sequence[str], *, progress: ReportCount | None = None) -> NDArray[np.float32]:
        """
        Embed passages.

        :param progress: Called with the number of texts finished since the last call.
        :returns: Vectors in the order of `texts`. *Shape:* (len(texts), dimension), float32.
        """
        ...

    def encode_queries(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """
        Embed questions.

        :returns: *Shape:* (len(questions), dimension), float32.
        """
        ...

    def unload(self) -> None:
        """Free what only `encode` needs; its next call loads it again."""
        ...


def load_encoder(
    model: str = DEFAULT_EMBEDDER, *, device: str = "auto", download: bool = True, threads: int = 0
) -> Encoder:
    """
    Load an embedding model.

    A packaged model runs in ONNX Runtime on a CPU, which starts ten times sooner than PyTorch. Every other model, and
    every other device, goes through sentence-transformers.

    :param model: A sentence-transformers name or folder; "default" is the packaged one.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param download: Whether the hub may be asked for a model that the user named.
    :param threads: How many threads of ONNX Runtime compute together; 0 for one a core.
    :raises ModelError: If the model cannot be found, or its files are not what they should be.
    """
    resolved = resolve_device(device)
    packaged = packaged_embedder(model)
    if packaged is not None and resolved == "cpu":
        from spanwise.embed.minilm import MiniLMEncoder

        return MiniLMEncoder(threads, packaged)
    from spanwise.embed.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(model, device=resolved, download=download)


class EncoderComponent:
    """What the two embedding components share: a model that is loaded when it is first needed."""

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
