"""Bring what was found by words and by meaning into one order."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from spanwise.types import Hit

LEXICAL_WEIGHT = 0.1
"""What the best match by words counts beside a cosine similarity; `benchmarks/results/retrieval.md` has others."""

Scored = tuple[str, float]


def fused_scores(
    lexical: Sequence[Scored], dense: Sequence[Scored], *, lexical_weight: float = LEXICAL_WEIGHT
) -> list[Scored]:
    """
    Score passages by their cosine similarity plus their share of the best BM25 score (Bruch et al. 2023, section 3).

    What only words found gets the lowest cosine similarity of the others: with a higher one it would be among them.

    :param lexical: Ids with BM25 scores, best first.
    :param dense: Ids with cosine similarities in [-1, 1], best first.
    :param lexical_weight: What the best BM25 score counts beside a cosine similarity.
    :returns: Ids with scores of at most 1, best first; equal ones in the order in which they first appear.
    """
    best = max((score for _, score in lexical), default=0.0)
    lowest = min((score for _, score in dense), default=0.0)
    words = {identifier: lexical_weight * score / best if best > 0 else 0.0 for identifier, score in lexical}
    meaning = dict(dense)
    scores = {
        identifier: (meaning.get(identifier, lowest) + words.get(identifier, 0.0)) / (1 + lexical_weight)
        for identifier in dict.fromkeys([*words, *meaning])
    }
    return sorted(scores.items(), key=lambda entry: -entry[1])


def fuse(
    lexical: Sequence[Hit], dense: Sequence[Hit], top_k: int, *, lexical_weight: float = LEXICAL_WEIGHT
) -> list[Hit]:
    """
    Return the best passages of two rankings, each wording once.

    :param lexical: Scored by BM25, best first.
    :param dense: Scored by cosine similarity, best first.
    :param top_k: Most hits to return; those of the same words are one hit with copies.
    :param lexical_weight: As for `fused_scores`.
    :returns: Hits with scores of at most 1, best first.
    """
    hits = {hit.passage.id: hit for hit in (*lexical, *dense)}
    scores = fused_scores(_scored(lexical), _scored(dense), lexical_weight=lexical_weight)
    groups = by_text((hits[identifier].passage.text, identifier) for identifier, _ in scores)
    best = dict(scores)
    return [
        replace(hits[first], score=best[first], copies=tuple(hits[copy].passage for copy in copies))
        for first, *copies in groups[:top_k]
    ]


def by_text(entries: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Group the ids of (text, id) by equal texts, in the order in which they first appear."""
    groups: dict[str, list[str]] = {}
    for text, identifier in entries:
        groups.setdefault(text, []).append(identifier)
    return list(groups.values())


def _scored(hits: Sequence[Hit]) -> list[Scored]:
    return [(hit.passage.id, hit.score) for hit in hits]
