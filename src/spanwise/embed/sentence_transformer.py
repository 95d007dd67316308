"""Any sentence-transformers model, by name or folder, on any device."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.embed.encoder import DEFAULT_EMBEDDER, Progress, folder_fingerprint
from spanwise.embed.minilm import IDENTITY, WEIGHTS_SHA256, model_folder
from spanwise.errors import ModelError
from spanwise.types import EmbedderIdentity

CHUNK = 2048  # texts handed over at a time; progress is reported between chunks


class SentenceTransformerEncoder:
    """
    A sentence-transformers model whose vectors are brought to unit length.

    :param model: A hub name or a local folder; the default model's name stands for its installed package.
    :param device: "cpu", "cuda", "cuda:N" or "mps".
    :raises ModelError: If the model cannot be found, has no fast tokenizer, or has no safetensors weights.
    """

    def __init__(self, model: str, *, device: str = "cpu") -> None:
        from sentence_transformers import SentenceTransformer

        source = str(model_folder()) if model == DEFAULT_EMBEDDER else model
        try:
            self._model = SentenceTransformer(source, device=device, model_kwargs={"use_safetensors": True})
        except (OSError, ValueError) as error:
            msg = f"expected a sentence-transformers model named {model!r}, found none ({_first_line(error)})"
            raise ModelError(msg) from error
        tokenizer = self._model.tokenizer
        if getattr(tokenizer, "backend_tokenizer", None) is None:
            msg = f"expected a model with a fast tokenizer, found {type(tokenizer).__name__} in {model!r}"
            raise ModelError(msg)
        self.tokenizer = type(tokenizer.backend_tokenizer).from_str(tokenizer.backend_tokenizer.to_str())
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.identity = self._identity(model)

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """See `spanwise.embed.encoder.Encoder.encode`."""
        parts = [np.empty((0, self.identity.dimension), dtype=np.float32)]
        for begin in range(0, len(texts), CHUNK):
            chunk = list(texts[begin : begin + CHUNK])
            vectors = self._model.encode_document(chunk, normalize_embeddings=True, show_progress_bar=False)
            parts.append(np.asarray(vectors, dtype=np.float32))
            if progress is not None:
                progress(len(chunk))
        return np.concatenate(parts)

    def encode_queries(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """See `spanwise.embed.encoder.Encoder.encode_queries`."""
        vectors = self._model.encode_query(list(questions), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    def _identity(self, model: str) -> EmbedderIdentity:
        if model == DEFAULT_EMBEDDER:
            fingerprint = folder_fingerprint(model_folder())
            if fingerprint != WEIGHTS_SHA256:
                msg = f"expected the packaged embedder's weights to have SHA-256 {WEIGHTS_SHA256}, found {fingerprint}"
                raise ModelError(msg)
            return IDENTITY
        folder = Path(model)
        if folder.is_dir():
            fingerprint = folder_fingerprint(folder)
        else:
            fingerprint = getattr(self._model[0].auto_model.config, "_commit_hash", None) or "unknown"
        return EmbedderIdentity(
            name=model,
            fingerprint=fingerprint,
            dimension=int(self._model.get_embedding_dimension()),
            normalized=True,
            max_tokens=int(self._model.max_seq_length),
        )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
