"""The packaged embedders, in ONNX Runtime on the CPU."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.progress import ReportCount
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, PACKAGED_EMBEDDERS, PackagedEmbedder
from spanwise.runtime.graphs.session import open_session, run_graph
from spanwise.runtime.processor import return_freed_memory, usable_cores
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.text.visible import encodable
from spanwise.types import EmbedderIdentity

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

DIMENSION, MAX_TOKENS = 384, 256


def identity_of(packaged: PackagedEmbedder) -> EmbedderIdentity:
    """Return what an index records of a packaged embedder."""
    return EmbedderIdentity(packaged.name, packaged.weights_sha256, DIMENSION, normalized=True, max_tokens=MAX_TOKENS)


class MiniLMEncoder:
    """
    A packaged embedder: 384 dimensions, unit length, at most 256 tokens.

    A vector is the mean over the token vectors (special tokens included), divided by its Euclidean norm (Reimers and
    Gurevych 2019, section 3), as in sentence-transformers. Questions are embedded in float32, passages with int8
    matrix products, which are faster: with all-MiniLM-L6-v2 their cosine with the vectors of float32 is 0.997 in the
    mean, and recall at 10 falls by 0.1 points at most (`benchmarks/indexing/embedding.md`). The weights' SHA-256 is
    checked at load.

    :param threads: How many compute together; 0 for one a core.
    :param packaged: The weights; None for the default ones.
    """

    def __init__(self, threads: int = 0, packaged: PackagedEmbedder | None = None) -> None:
        self._threads = threads or usable_cores()
        self._packaged = PACKAGED_EMBEDDERS[DEFAULT_EMBEDDER] if packaged is None else packaged
        self.identity = identity_of(self._packaged)

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The model's tokenizer, without truncation or padding."""
        return load_tokenizer(self._packaged.folder)

    @cached_property
    def _truncating_tokenizer(self) -> "Tokenizer":
        tokenizer = load_tokenizer(self._packaged.folder)
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    @cached_property
    def _of_questions(self) -> "onnxruntime.InferenceSession":
        return self._open("graph.onnx", self._threads)

    @cached_property
    def _of_passages(self) -> "onnxruntime.InferenceSession":
        return self._open("graph.int8.onnx", 1)

    def _open(self, graph: str, threads: int) -> "onnxruntime.InferenceSession":
        return open_session(self._packaged.graphs / graph, self._packaged.folder, threads=threads)

    def encode(self, texts: Sequence[str], *, progress: ReportCount | None = None) -> NDArray[np.float32]:
        """See `spanwise.embed.load.Encoder.encode`; a text's vector is the same whatever it is embedded with."""
        embed, rows = partial(_vector, self._of_passages), self._tokens(texts)
        vectors = np.empty((len(rows), DIMENSION), dtype=np.float32)
        with ThreadPoolExecutor(self._threads) as pool:
            for row, vector in enumerate(pool.map(embed, rows)):
                vectors[row] = vector
                if progress is not None:
                    progress(1)
        return vectors

    def encode_queries(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """See `spanwise.embed.load.Encoder.encode_queries`."""
        vectors = [_vector(self._of_questions, ids) for ids in self._tokens(questions)]
        return np.array(vectors, dtype=np.float32).reshape(-1, DIMENSION)

    def unload(self) -> None:
        """See `spanwise.embed.load.Encoder.unload`: some 75 MB."""
        vars(self).pop("_of_passages", None)
        return_freed_memory()

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._truncating_tokenizer.encode_batch_fast([*map(encodable, texts)])]


def _vector(session: "onnxruntime.InferenceSession", ids: Sequence[int]) -> NDArray[np.float32]:
    """Embed one text. *Shape:* (dimension,)."""
    tokens = np.array([ids])
    inputs = {"input_ids": tokens, "attention_mask": np.ones_like(tokens), "token_type_ids": np.zeros_like(tokens)}
    (states,) = run_graph(session, {each.name: inputs[each.name] for each in session.get_inputs()})
    mean = states[0].mean(axis=0)
    unit: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return unit
