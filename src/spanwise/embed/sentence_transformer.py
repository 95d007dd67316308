"""Any sentence-transformers model, by name or folder, on any device."""

import json
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.embed.minilm import identity_of
from spanwise.errors import ModelError
from spanwise.progress import ReportCount
from spanwise.runtime.default_embedder import embedder_folder, packaged_embedder
from spanwise.runtime.hub import hub_options, quiet_loading, reason, require_folder
from spanwise.runtime.model_folder import folder_fingerprint, require_sound
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.text.visible import encodable
from spanwise.types import EmbedderIdentity

CHUNK = 2048  # texts handed over at a time; progress is reported between chunks


class SentenceTransformerEncoder:
    """
    A sentence-transformers model whose vectors are brought to unit length.

    :param model: A hub name or a local folder; a packaged model's name stands for its folder.
    :param device: "cpu", "cuda", "cuda:N" or "mps".
    :param download: Whether the hub may be asked for it.
    :raises ModelError: If the model cannot be found, has no fast tokenizer, or has no safetensors weights.
    """

    def __init__(self, model: str, *, device: str = "cpu", download: bool = True) -> None:
        from sentence_transformers import SentenceTransformer

        folder = embedder_folder(model)
        require_folder(str(folder))
        source = str(folder) if folder.is_dir() else model
        if folder.is_dir():
            require_sound(folder)
            _require_own_modules(folder)
        local = {} if download else {"local_files_only": True}
        options: dict[str, Any] = {"model_kwargs": {"use_safetensors": True}, **hub_options(source, local), **local}
        with quiet_loading(f"a sentence-transformers model named {model!r}"):
            self._model = SentenceTransformer(source, device=device, **options)
        self._guard = Lock()  # the model's tokenizer is not thread-safe: padding is a setting of it
        self.tokenizer = load_tokenizer(source, options=local)
        self.identity = self._identity(model)

    def encode(self, texts: Sequence[str], *, progress: ReportCount | None = None) -> NDArray[np.float32]:
        """See `spanwise.embed.load.Encoder.encode`."""
        parts = [np.empty((0, self.identity.dimension), dtype=np.float32)]
        for begin in range(0, len(texts), CHUNK):
            chunk = [*map(encodable, texts[begin : begin + CHUNK])]
            with self._guard:
                vectors = self._model.encode_document(chunk, normalize_embeddings=True, show_progress_bar=False)
            parts.append(self._checked(vectors, len(chunk)))
            if progress is not None:
                progress(len(chunk))
        return np.concatenate(parts)

    def encode_queries(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """See `spanwise.embed.load.Encoder.encode_queries`."""
        with self._guard:
            asked = [*map(encodable, questions)]
            vectors = self._model.encode_query(asked, normalize_embeddings=True, show_progress_bar=False)
        return self._checked(vectors, len(questions))

    def unload(self) -> None:
        """Free nothing: questions are embedded with the same model."""

    def _checked(self, vectors: Any, rows: int) -> NDArray[np.float32]:
        """Return what the model gave as an array, if it has the shape that its settings promise."""
        found = np.asarray(vectors, dtype=np.float32)
        expected = (rows, self.identity.dimension)
        if rows and found.shape != expected:
            msg = f"expected vectors of shape {expected} from {self.identity.name!r}, found {found.shape}"
            raise ModelError(msg)
        return found.reshape(expected)

    def _identity(self, model: str) -> EmbedderIdentity:
        folder, packaged = embedder_folder(model), packaged_embedder(model)
        if packaged is not None:
            expected, found = packaged.weights_sha256, folder_fingerprint(folder)
            if found != expected:
                msg = f"expected the packaged embedder's weights to have SHA-256 {expected}, found {found}"
                raise ModelError(msg)
            return identity_of(packaged)
        transformer: Any = self._model[0]
        revision = getattr(transformer.auto_model.config, "_commit_hash", None) or "unknown"
        dimension, tokens = self._model.get_embedding_dimension() or 0, self._model.max_seq_length or 512
        if not all(isinstance(number, int) and number > 0 for number in (dimension, tokens)):
            msg = f"expected vectors and texts of some length from {model!r}, found {dimension!r} and {tokens!r}"
            raise ModelError(msg)
        return EmbedderIdentity(
            name=model,
            fingerprint=folder_fingerprint(folder) if folder.is_dir() else revision,
            dimension=dimension,
            normalized=True,
            max_tokens=tokens,
        )


def _require_own_modules(folder: Path) -> None:
    """
    Refuse a folder whose modules are other than sentence-transformers' own: any name would be imported.

    :raises ModelError: If it names one.
    """
    file = folder / "modules.json"
    try:
        modules = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
        types = [str(module["type"]) for module in modules]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        msg = f"expected the modules of a sentence-transformers model in {file}, found {reason(error)!r}"
        raise ModelError(msg) from error
    foreign = [name for name in types if not name.startswith("sentence_transformers.")]
    if foreign:
        msg = (
            f"expected modules of sentence-transformers in {file}, found {foreign[0]!r}: a model's own code is not run"
        )
        raise ModelError(msg)
