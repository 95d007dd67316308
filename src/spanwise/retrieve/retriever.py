"""Find the passages to read: by meaning, by words, and both fused."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from spanwise.checks import check_positive
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, packaged_embedder
from spanwise.types import FileGlobs, Hit

if TYPE_CHECKING:
    from spanwise.index.index import Index
    from spanwise.index.snapshot import Snapshot
    from spanwise.index.store.document_store import FaissDocumentStore

SEARCHED = 100
"""Fewest passages that each search finds, however few are wanted: what one ranks low the other may rank high."""
LEXICAL_WEIGHT = 0.02
"""What a point of BM25 counts beside a cosine similarity; benchmarks/retrieval/ compares it with others."""
LEXICAL_WEIGHTS = {DEFAULT_EMBEDDER: 0.0125}
"""Of the embedders for which another was measured to be better."""
UNSEEN = 0.1
"""How far below the lowest cosine similarity found the others are taken to lie; with their own, results are alike."""

Scored = tuple[str, float]
T = TypeVar("T")


def lexical_weight(embedder: str | None) -> float:
    """Return what a point of BM25 counts beside the cosine similarities of an embedder, by its name."""
    packaged = None if embedder is None else packaged_embedder(embedder)
    return LEXICAL_WEIGHT if packaged is None else LEXICAL_WEIGHTS.get(packaged.name, LEXICAL_WEIGHT)


def fused_scores(
    lexical: Sequence[Scored], dense: Sequence[Scored], *, lexical_weight: float = LEXICAL_WEIGHT
) -> list[Scored]:
    """
    Score passages by cosine similarity + weight x BM25 (a convex combination as of Bruch et al. 2023, section 4).

    BM25 is not scaled to the best of a question: where no rare word is shared, meaning decides. What only words found
    has a lower cosine similarity than all others, or it would be among them: it gets the lowest of these, less 0.1.

    :param lexical: Ids with BM25 scores of at least 0, best first.
    :param dense: Ids with cosine similarities in [-1, 1], best first.
    :param lexical_weight: What a point of BM25 counts, at least 0.
    :returns: Ids with scores, best first; equal ones in the order in which they first appear.
    """
    unseen = min((score for _, score in dense), default=UNSEEN) - UNSEEN
    words, meaning = dict(lexical), dict(dense)
    scores = {
        identifier: meaning.get(identifier, unseen) + lexical_weight * words.get(identifier, 0.0)
        for identifier in dict.fromkeys([*words, *meaning])
    }
    return sorted(scores.items(), key=lambda entry: -entry[1])


def fused_groups(
    lexical: Sequence[T],
    dense: Sequence[T],
    key: Callable[[T], tuple[str, float, str]],
    top_k: int,
    *,
    lexical_weight: float = LEXICAL_WEIGHT,
) -> list[tuple[float, list[T]]]:
    """
    Return the best scores, each with what was found of that text: the first has the score, the others are its copies.

    :param key: Gives the id, the score and the text of what was found.
    :param top_k: Most groups to return.
    """
    words, meaning = ([(key(one), one) for one in ranking] for ranking in (lexical, dense))
    found = {identifier: (text, one) for (identifier, _, text), one in (*words, *meaning)}
    rankings = ([(identifier, score) for (identifier, score, _), _ in ranking] for ranking in (words, meaning))
    groups: dict[str, tuple[float, list[T]]] = {}
    for identifier, score in fused_scores(*rankings, lexical_weight=lexical_weight):
        text, one = found[identifier]
        groups.setdefault(text, (score, []))[1].append(one)
    return list(groups.values())[:top_k]


def fuse(
    lexical: Sequence[Hit], dense: Sequence[Hit], top_k: int, *, lexical_weight: float = LEXICAL_WEIGHT
) -> list[Hit]:
    """
    Return the best passages of two rankings, each wording once.

    :param lexical: Scored by BM25, best first.
    :param dense: Scored by cosine similarity, best first.
    :param top_k: Most hits to return; those of the same words are one hit with copies.
    :param lexical_weight: As for `fused_scores`.
    :returns: Hits with the sums as their scores, best first.
    """

    def key(hit: Hit) -> tuple[str, float, str]:
        return hit.passage.id, hit.score, hit.passage.text

    return [
        replace(first, score=score, copies=tuple(copy.passage for copy in copies))
        for score, (first, *copies) in fused_groups(lexical, dense, key, top_k, lexical_weight=lexical_weight)
    ]


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


class StoreRetriever:
    """What the two components that search a document store share."""

    def __init__(
        self, document_store: "FaissDocumentStore", filters: dict[str, Any] | None = None, top_k: int = 20
    ) -> None:
        """
        Store and check the settings.

        :param filters: Haystack filters; only documents that match are searched.
        :param top_k: Most documents to return.
        :raises ValueError: If `top_k` is below 1.
        """
        check_positive(top_k=top_k)
        self.document_store = document_store
        self.filters = filters
        self.top_k = top_k

    def _settings(self, filters: dict[str, Any] | None, top_k: int | None) -> dict[str, Any]:
        """Return the component's own settings, but for what a run overrides."""
        return {
            "filters": self.filters if filters is None else filters,
            "top_k": self.top_k if top_k is None else top_k,
        }
