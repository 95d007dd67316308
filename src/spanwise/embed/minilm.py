"""all-MiniLM-L6-v2 from its installed package, in ONNX Runtime on the CPU."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.batching import length_sorted_batches, pad
from spanwise.progress import ReportCount
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
from spanwise.runtime.graphs.session import open_session, run_graph
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.text.visible import encodable
from spanwise.types import EmbedderIdentity

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH = Path(__file__).with_name("minilm.onnx")
IDENTITY = EmbedderIdentity(
    name=DEFAULT_EMBEDDER, fingerprint=WEIGHTS_SHA256, dimension=384, normalized=True, max_tokens=256
)
BATCH_TOKENS = 1024  # beyond this the activations of a layer leave the cache, and tokens per second fall


class MiniLMEncoder:
    """
    The default embedder: 384 dimensions, unit length, at most 256 tokens.

    Gives the vectors that sentence-transformers gives: mean over the token vectors (special tokens included), then
    divided by their Euclidean norm (Reimers and Gurevych 2019, section 3). The weights' SHA-256 is checked at load.

    :param threads: How many compute together; 0 for one a core.
    """

    identity = IDENTITY

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The model's tokenizer, without truncation or padding."""
        return load_tokenizer(embedder_folder(DEFAULT_EMBEDDER))

    @cached_property
    def _truncating_tokenizer(self) -> "Tokenizer":
        tokenizer = load_tokenizer(embedder_folder(DEFAULT_EMBEDDER))
        tokenizer.enable_truncation(IDENTITY.max_tokens)
        return tokenizer

    @cached_property
    def _session(self) -> "onnxruntime.InferenceSession":
        return open_session(GRAPH, embedder_folder(DEFAULT_EMBEDDER), threads=self._threads)

    def encode(self, texts: Sequence[str], *, progress: ReportCount | None = None) -> NDArray[np.float32]:
        """See `spanwise.embed.encoder.Encoder.encode`."""
        encodings = self._truncating_tokenizer.encode_batch_fast([*map(encodable, texts)])
        rows = [encoding.ids for encoding in encodings]
        vectors = np.empty((len(rows), IDENTITY.dimension), dtype=np.float32)
        for batch in length_sorted_batches([len(row) for row in rows], BATCH_TOKENS):
            vectors[batch] = self._encode_batch([rows[index] for index in batch])
            if progress is not None:
                progress(len(batch))
        return vectors

    def encode_queries(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """See `spanwise.embed.encoder.Encoder.encode_queries`."""
        return self.encode(questions)

    def _encode_batch(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        ids = pad(rows, 0)
        mask = pad([[1] * len(row) for row in rows], 0)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = run_graph(self._session, inputs)
        weights = mask.astype(np.float32)[:, None, :]
        means = (weights @ states)[:, 0] / weights.sum(axis=2)
        unit: NDArray[np.float32] = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        return unit
