"""all-MiniLM-L6-v2 from its installed package, in ONNX Runtime on the CPU."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.progress import ReportCount
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
from spanwise.runtime.graphs.session import open_session, run_graph
from spanwise.runtime.memory import return_freed_memory
from spanwise.runtime.processor import usable_cores
from spanwise.runtime.tokenizer import load_tokenizer
from spanwise.text.visible import encodable
from spanwise.types import EmbedderIdentity

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH, GRAPH_OF_PASSAGES = (Path(__file__).with_name(name) for name in ("minilm.onnx", "minilm.int8.onnx"))
IDENTITY = EmbedderIdentity(
    name=DEFAULT_EMBEDDER, fingerprint=WEIGHTS_SHA256, dimension=384, normalized=True, max_tokens=256
)


class MiniLMEncoder:
    """
    The default embedder: 384 dimensions, unit length, at most 256 tokens.

    A vector is the mean over the token vectors (special tokens included), divided by its Euclidean norm (Reimers and
    Gurevych 2019, section 3), as in sentence-transformers. Questions are embedded in float32, passages with int8
    matrix products, which are faster: their cosine with the vectors of float32 is 0.997 in the mean, and recall at 10
    falls by 0.1 points at most (`benchmarks/indexing/embedding.md`). The weights' SHA-256 is checked at load.

    :param threads: How many compute together; 0 for one a core.
    """

    identity = IDENTITY

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads or usable_cores()

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
    def _of_questions(self) -> "onnxruntime.InferenceSession":
        return open_session(GRAPH, embedder_folder(DEFAULT_EMBEDDER), threads=self._threads)

    @cached_property
    def _of_passages(self) -> "onnxruntime.InferenceSession":
        return open_session(GRAPH_OF_PASSAGES, embedder_folder(DEFAULT_EMBEDDER), threads=1)

    def encode(self, texts: Sequence[str], *, progress: ReportCount | None = None) -> NDArray[np.float32]:
        """See `spanwise.embed.encoder.Encoder.encode`; a text's vector is the same whatever it is embedded with."""
        embed, rows = partial(_vector, self._of_passages), self._tokens(texts)
        vectors = np.empty((len(rows), IDENTITY.dimension), dtype=np.float32)
        with ThreadPoolExecutor(self._threads) as pool:
            for row, vector in enumerate(pool.map(embed, rows)):
                vectors[row] = vector
                if progress is not None:
                    progress(1)
        return vectors

    def encode_queries(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """See `spanwise.embed.encoder.Encoder.encode_queries`."""
        vectors = [_vector(self._of_questions, ids) for ids in self._tokens(questions)]
        return np.array(vectors, dtype=np.float32).reshape(-1, IDENTITY.dimension)

    def unload(self) -> None:
        """See `spanwise.embed.encoder.Encoder.unload`: some 75 MB."""
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
