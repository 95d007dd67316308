"""Vectors that are made and not embedded: they lie around real ones, where a text's words decide."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks.store.passages import DRIFT, NOISE, Vectors

from spanwise.embed.minilm import MiniLMEncoder
from spanwise.types import EmbedderIdentity

IN_VAIN = 4


class MadeEncoder:
    """
    Takes the place of the packaged embedder where a hundred thousand passages would take it too long.

    A passage's vector is a real one, moved along the difference of two others, with noise, as `clustered` of the
    benchmarks of the store makes them; the same text has always the same. Questions are really embedded, and so are a
    few passages of each commit, in vain: the embedder is to be in memory as it is otherwise.

    :param base: Real embeddings of passages. *Shape:* (n, 384), float32.
    """

    identity = EmbedderIdentity("made", "0" * 64, 384, normalized=True, max_tokens=256)

    def __init__(self, base: Vectors) -> None:
        self._base = base
        self._real = MiniLMEncoder()
        self.tokenizer = self._real.tokenizer

    def encode(self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None) -> Vectors:
        """Make vectors. *Shape:* (len(texts), 384), float32."""
        self._real.encode(texts[:IN_VAIN])
        made = np.empty((len(texts), self._base.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            chance = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little"))
            center, first, second = self._base[chance.integers(len(self._base), size=3)]
            made[row] = center + DRIFT * (first - second)
            made[row] += NOISE * chance.standard_normal(made.shape[1], dtype=np.float32)
        if progress is not None:
            progress(len(texts))
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        """Embed questions. *Shape:* (len(questions), 384), float32."""
        return self._real.encode_queries(questions)

    def unload(self) -> None:
        """Free what the real embedder does."""
        self._real.unload()


def vectors_of(index: Path) -> Vectors:
    """Return the vectors of an index, in the order of its passages."""
    from spanwise.index.index import Index

    with Index.open(index) as opened, opened.snapshot() as (connection, view):
        ids = [number for (number,) in connection.execute("SELECT id FROM documents WHERE embedded ORDER BY id")]
        vectors = view.gather(ids)
    return np.array([vectors[number] for number in ids])
