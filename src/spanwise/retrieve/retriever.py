"""Find the passages to read: by meaning, by words, and both fused."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spanwise.retrieve.fusion import fuse
from spanwise.types import Hit

FileGlobs = str | Sequence[str] | None


class Searchable(Protocol):
    """An index that can be searched by vector and by words; `files` are globs, one of which a file matches."""

    def search(self, vectors: NDArray[np.float32], top_k: int, *, files: FileGlobs = None) -> list[list[Hit]]:
        """Return for each row of `vectors` the `top_k` passages of highest cosine similarity, best first."""
        ...

    def lexical(self, query: str, top_k: int, *, files: FileGlobs = None) -> list[Hit]:
        """Return the `top_k` passages of highest BM25 score, best first."""
        ...


def retrieve(
    index: Searchable,
    questions: Sequence[str],
    vectors: NDArray[np.float32],
    *,
    top_k: int,
    files: FileGlobs = None,
) -> list[list[Hit]]:
    """
    Find passages for each question by dense and lexical search, fused by reciprocal rank.

    :param vectors: Embeddings of the questions. *Shape:* (len(questions), dimension), float32.
    :param top_k: Most passages for a question; each of the two searches finds as many.
    :param files: Only passages of files whose path matches one of these globs.
    :returns: For each question its hits, best first, scored in [0, 1].
    """
    dense = index.search(vectors, top_k, files=files)
    lexical = [index.lexical(question, top_k, files=files) for question in questions]
    # Lexical first, as in the query pipeline, where it is done first: equal scores keep the order of the rankings.
    return [fuse(rankings, top_k) for rankings in zip(lexical, dense, strict=True)]
