"""Any sentence-transformers model, by name or folder, on any device."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.embed.encoder import encodable
from spanwise.embed.minilm import IDENTITY, WEIGHTS_SHA256
from spanwise.errors import ModelError
from spanwise.progress import ReportCount
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
from spanwise.runtime.fingerprint import folder_fingerprint
from spanwise.runtime.hub import hub_options, reason
from spanwise.runtime.quiet import quiet_loading
from spanwise.runtime.tokenizer import load_tokenizer
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

        folder = embedder_folder(model)
        source = str(folder) if folder.is_dir() else model
        options: dict[str, Any] = {"model_kwargs": {"use_safetensors": True}, **hub_options(source)}
        try:
            with quiet_loading():
                self._model = SentenceTransformer(source, device=device, **options)
        except (OSError, ValueError) as error:
            msg = f"expected a sentence-transformers model named {model!r}, found none ({reason(error)})"
            raise ModelError(msg) from error
        self._guard = Lock()  # the model's tokenizer is not thread-safe: padding is a setting of it
        self.tokenizer = load_tokenizer(source)
        self.identity = self._identity(model)

    def encode(self, texts: Sequence[str], *, progress: ReportCount | None = None) -> NDArray[np.float32]:
        """See `spanwise.embed.encoder.Encoder.encode`."""
        parts = [np.empty((0, self.identity.dimension), dtype=np.float32)]
        for begin in range(0, len(texts), CHUNK):
            chunk = encodable(texts[begin : begin + CHUNK])
            with self._guard:
                vectors = self._model.encode_document(chunk, normalize_embeddings=True, show_progress_bar=False)
            parts.append(np.asarray(vectors, dtype=np.float32))
            if progress is not None:
                progress(len(chunk))
        return np.concatenate(parts)

    def encode_queries(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """See `spanwise.embed.encoder.Encoder.encode_queries`."""
        with self._guard:
            vectors = self._model.encode_query(encodable(questions), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(questions), self.identity.dimension)

    def _identity(self, model: str) -> EmbedderIdentity:
        if model == DEFAULT_EMBEDDER:
            fingerprint = folder_fingerprint(embedder_folder(model))
            if fingerprint != WEIGHTS_SHA256:
                msg = f"expected the packaged embedder's weights to have SHA-256 {WEIGHTS_SHA256}, found {fingerprint}"
                raise ModelError(msg)
            return IDENTITY
        folder = embedder_folder(model)
        revision = _hub_revision(self._model[0]) or "unknown"
        return EmbedderIdentity(
            name=model,
            fingerprint=folder_fingerprint(folder) if folder.is_dir() else revision,
            dimension=self._model.get_embedding_dimension() or 0,
            normalized=True,
            max_tokens=self._model.max_seq_length or 512,
        )


def _hub_revision(transformer: Any) -> str | None:
    revision: str | None = getattr(transformer.auto_model.config, "_commit_hash", None)
    return revision
