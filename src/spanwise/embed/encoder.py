"""What the rest of the project asks of an embedding model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from spanwise.default_embedder import DEFAULT_EMBEDDER
from spanwise.device import resolve_device
from spanwise.types import EmbedderIdentity

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Progress = Callable[[int], None]


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

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
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


def load_encoder(model: str = DEFAULT_EMBEDDER, *, device: str = "auto") -> Encoder:
    """
    Load an embedding model.

    The default model comes from an installed package and, on a CPU, runs in ONNX Runtime, which starts ten times
    sooner than PyTorch. Every other model, and every other device, goes through sentence-transformers.

    :param model: A sentence-transformers name or folder.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :raises ModelError: If the model cannot be found, or its files are not what they should be.
    """
    resolved = resolve_device(device)
    if model == DEFAULT_EMBEDDER and resolved == "cpu":
        from spanwise.embed.minilm import MiniLMEncoder

        return MiniLMEncoder()
    from spanwise.embed.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(model, device=resolved)


def folder_fingerprint(folder: Path) -> str:
    """
    Return the SHA-256 (hex) over the safetensors files of a model folder.

    :raises ModelError: If there are none.
    """
    import hashlib

    from spanwise.errors import ModelError
    from spanwise.runtime.graph import file_sha256

    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        msg = f"expected safetensors weights in {folder}, found none; save the model with safe_serialization=True"
        raise ModelError(msg)
    if len(files) == 1:
        return file_sha256(files[0])
    return hashlib.sha256("".join(map(file_sha256, files)).encode()).hexdigest()
