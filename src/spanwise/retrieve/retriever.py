"""Find the passages to read: by meaning, by words, and both fused."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.retrieve.fusion import UNSEEN, fuse, lexical_weight
from spanwise.types import FileGlobs, Hit

if TYPE_CHECKING:
    from spanwise.index.index import Index
    from spanwise.index.snapshot import Snapshot

SEARCHED = 100
"""Fewest passages that each search finds, however few are wanted: what one ranks low the other may rank high."""


def retrieval(embedder: str | None) -> str:
    """Return how passages are found with an embedder, as a calibration is told it: every number that moves a score."""
    return f"cosine + {lexical_weight(embedder):g} x BM25, {SEARCHED} of each, unseen {UNSEEN:g} below"


def retrieve(
    index: "Index | Snapshot",
    questions: Sequence[str],
    vectors: NDArray[np.float32],
    *,
    top_k: int,
    files: FileGlobs = None,
) -> list[list[Hit]]:
    """
    Find passages for each question by dense and lexical search, fused; each wording once.

    :param vectors: Embeddings of the questions. *Shape:* (len(questions), dimension), float32.
    :param top_k: Most passages for a question; fewer are the first of more.
    :param files: Only passages of files whose path matches one of these globs.
    :returns: For each question its hits, best first.
    """
    depth = max(SEARCHED, top_k)
    dense = index.search(vectors, depth, files=files)
    lexical = [index.lexical(question, depth, files=files) for question in questions]
    embedder = index.embedder
    weight = lexical_weight(None if embedder is None else embedder.name)
    return [fuse(*rankings, top_k, lexical_weight=weight) for rankings in zip(lexical, dense, strict=True)]
