"""Nearest neighbours by cosine similarity, over all vectors or over a chosen set; scores are always exact."""

import numpy as np
from numpy.typing import NDArray

from spanwise.index.catalogue.failures import StoredValueError
from spanwise.index.faiss.faiss_index import FaissIndex
from spanwise.index.vectors.segments import Ids, Segment, View
from spanwise.index.vectors.vector_file import Vectors

BLOCK_ROWS = 8192
"""Rows read at a time: they stay in the processor's cache until they are scored."""

BLOCK_SCORES = 1 << 22
SLACK = 1e-5
"""More than float32 rounding can move a cosine: candidates within it of the last place are scored again in float64."""

Found = tuple[Ids, NDArray[np.float64]]


def unit_queries(queries: object, dimension: int | None) -> Vectors:
    """
    Check query vectors and scale them to unit length; a zero vector stays as it is.

    :param queries: *Shape:* (n, dimension), any float type.
    :raises ValueError: If the shape is another, or a value is not finite.
    """
    array = np.asarray(queries)
    if array.ndim != 2 or (dimension is not None and array.shape[1] != dimension):
        expected = "n" if dimension is None else dimension
        msg = (
            f"expected query vectors of shape (queries, {expected}), found {array.shape}: use the index's own embedder"
        )
        raise ValueError(msg)
    wide = array.astype(np.float64)
    if not np.isfinite(wide).all():
        msg = "expected finite query vectors, found NaN or infinity: embed the questions again"
        raise ValueError(msg)
    largest = np.abs(wide).max(axis=1, keepdims=True, initial=0)
    wide /= np.where(largest == 0, 1, largest)  # so that no square is too large or too small
    norms = np.sqrt((wide * wide).sum(axis=1, keepdims=True))
    unit: Vectors = (wide / np.where(norms == 0, 1, norms)).astype(np.float32)
    return unit


def top(view: View, queries: Vectors, top_k: int, allowed: Ids | None = None) -> list[Found]:
    """
    Find the `top_k` documents nearest to each query.

    The order is by cosine similarity, computed in float64, best first, and by document id among equals: it depends
    neither on how the vectors are spread over segments nor on the other queries. Among `allowed` the result is exact;
    without it, a segment that has a FAISS index contributes the candidates that this finds.

    :param queries: Unit vectors. *Shape:* (n, dimension).
    :param allowed: Ascending ids of the only documents to consider, or None for all.
    :returns: For each query the document ids and their cosine similarities in [-1, 1].
    """
    candidates = [_Candidates(top_k) for _ in queries]
    for segment in view.segments:
        rows: slice | Ids = slice(0, len(segment.ids))
        if allowed is None and segment.faiss_index is not None:
            _search(segment, segment.faiss_index, queries, top_k, candidates)
            continue
        if allowed is not None:
            chosen = np.setdiff1d(segment.rows_of(allowed), segment.dead, assume_unique=True)
            rows = rows if len(chosen) == len(segment.ids) else chosen
        _scan(segment, queries, rows, candidates)
    return [candidate.best(query) for candidate, query in zip(candidates, queries, strict=True)]


def _search(
    segment: Segment, faiss_index: FaissIndex, queries: Vectors, top_k: int, candidates: list["_Candidates"]
) -> None:
    """Score what FAISS finds for each query and the rows that it lacks; all rows, where it finds too little."""
    total = len(segment.ids)
    known = min(faiss_index.rows(), total)
    dead = segment.dead[: np.searchsorted(segment.dead, known)]
    found = faiss_index.candidates(queries, top_k, dead, known)
    rest = [number for number, rows in enumerate(found) if rows is None]
    for number, rows in enumerate(found):
        if rows is not None:
            _scan(segment, queries[number : number + 1], rows, [candidates[number]])
    _scan(segment, queries, slice(known, total), candidates)
    if rest:
        _scan(segment, queries[rest], slice(0, known), [candidates[number] for number in rest])


def _scan(segment: Segment, queries: Vectors, rows: slice | Ids, candidates: list["_Candidates"]) -> None:
    first, last = (rows.start, rows.stop) if isinstance(rows, slice) else (0, len(rows))
    step = int(np.clip(BLOCK_SCORES // max(len(queries), 1), 1024, BLOCK_ROWS))
    for at in range(first, last, step):
        upto = min(at + step, last)
        wanted = slice(at, upto) if isinstance(rows, slice) else rows[at:upto]
        vectors = segment.vectors[wanted]
        if vectors.shape[1] != queries.shape[1]:
            msg = f"the vector file {segment.name} has another dimension than its manifest says"
            raise StoredValueError(msg)
        scores = queries @ vectors.T
        if segment.norms is not None:
            norms = segment.norms[wanted]
            scores /= np.where(norms == 0, 1, norms)
        if np.isnan(scores).any():
            msg = f"the vector file {segment.name} holds what is no number"
            raise StoredValueError(msg)
        if isinstance(wanted, slice) and len(segment.dead):
            buried = segment.dead[slice(*np.searchsorted(segment.dead, (at, upto)))]
            scores[:, buried - at] = -np.inf
        for candidate, line in zip(candidates, scores, strict=True):
            candidate.offer(segment, wanted, line)


class _Candidates:
    """The rows that can still be among the first `top_k` of one query."""

    def __init__(self, top_k: int) -> None:
        self._top_k = top_k
        self._floor = -np.inf
        self._scores = np.empty(0, dtype=np.float32)
        self._kept: list[tuple[Segment, Ids, NDArray[np.float32]]] = []

    def offer(self, segment: Segment, wanted: slice | Ids, scores: NDArray[np.float32]) -> None:
        """Consider one block: `scores[i]` belongs to the i-th of the rows `wanted` of `segment`."""
        best = scores
        if len(scores) > self._top_k:
            best = np.partition(scores, len(scores) - self._top_k)[-self._top_k :]
        self._scores = np.concatenate((self._scores, best))
        if len(self._scores) >= self._top_k:
            self._scores = np.partition(self._scores, len(self._scores) - self._top_k)[-self._top_k :]
            self._floor = max(self._floor, float(self._scores.min()) - SLACK)
        chosen = np.flatnonzero((scores >= self._floor) & (scores > -np.inf))
        rows = chosen + wanted.start if isinstance(wanted, slice) else wanted[chosen]
        self._kept.append((segment, rows, scores[chosen]))

    def best(self, query: Vectors) -> Found:
        """Return the ids and exact scores of the first `top_k`."""
        ids, scores = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.float64)]
        wide = query.astype(np.float64)
        for segment, rows, rough in self._kept:
            near = rows[rough >= self._floor]
            exact = (segment.vectors[near].astype(np.float64) * wide).sum(axis=1)
            if segment.norms is not None:
                norms = segment.norms[near].astype(np.float64)
                exact /= np.where(norms == 0, 1, norms)
            ids.append(segment.ids[near])
            scores.append(exact)
        all_ids, all_scores = np.concatenate(ids), np.clip(np.concatenate(scores), -1.0, 1.0)
        order = np.lexsort((all_ids, -all_scores))[: self._top_k]
        return all_ids[order], all_scores[order]
