"""The vectors of one generation: which segments there are, which rows of them live, and when they are merged."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.files.digest import file_sha256
from spanwise.index.catalogue.checksums import expression, insertion
from spanwise.index.catalogue.failures import StoredValueError, damaged
from spanwise.index.faiss.faiss_index import FaissIndex
from spanwise.index.names import require_digest, require_segment
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.columns import read_ids, read_norms
from spanwise.index.vectors.faiss_files import keep_faiss_index, load_faiss_indexes
from spanwise.index.vectors.lru_cache import Ids, LRUCache
from spanwise.index.vectors.vector_file import BLOCK_ROWS, Vectors, row_norms, write_rows
from spanwise.index.vectors.vector_rows import VectorRows

SMALL_SEGMENT = 1024
"""Rows below which a segment is rewritten with whatever is added: at most a few megabytes."""

UNIT = 1e-6
"""Vectors whose lengths are all this close to 1 need no stored lengths: it is float32's own rounding."""

_SEGMENT = insertion("segments", ("name", "rows", "dimension", "bytes", "sha256", "ids", "norms"))


@dataclass(frozen=True, slots=True)
class Segment:
    """
    One open vector file.

    :param ids: Row to document id, ascending. *Shape:* (rows,).
    :param norms: Length of each vector, or None when all are 1. *Shape:* (rows,), float32.
    :param vectors: As they were given. *Shape:* (rows, dimension), float32.
    :param dead: Ascending numbers of the rows whose documents were deleted.
    :param faiss_index: Finds candidates among the rows, or the first of them, dead ones too; None if all are scanned.
    """

    id: int
    name: str
    ids: Ids
    norms: NDArray[np.float32] | None
    vectors: VectorRows
    dead: Ids
    faiss_index: FaissIndex | None = None

    @property
    def live(self) -> int:
        """Number of rows whose document is still there."""
        return len(self.ids) - len(self.dead)

    def live_rows(self) -> Ids:
        """Return the numbers of the rows whose documents are still there, ascending."""
        return np.delete(np.arange(len(self.ids)), self.dead)

    def positions(self, ids: Ids) -> tuple[Ids, Ids]:
        """
        Find documents in this segment.

        :param ids: Document ids.
        :returns: Positions in `ids` of those that are here, and their rows.
        """
        return _locate(self.ids, ids)


@dataclass(frozen=True, slots=True)
class View:
    """
    The vectors of one committed generation.

    :param selections: What filters selected of it.
    """

    generation: int
    segments: tuple[Segment, ...]
    selections: LRUCache = field(default_factory=LRUCache, compare=False)

    def gather(self, ids: Ids) -> tuple[NDArray[np.bool_], Vectors]:
        """
        Copy vectors out.

        :param ids: Document ids. *Shape:* (n,).
        :returns: Which of them have a vector, *shape* (n,), and the vectors of those, *shape* (found, dimension).
        """
        found = np.zeros(len(ids), dtype=bool)
        dimension = self.segments[0].vectors.shape[1] if self.segments else 0
        vectors = np.zeros((len(ids), dimension), dtype=np.float32)
        for segment in self.segments:
            here, rows = segment.positions(ids)
            found[here] = True
            vectors[here] = segment.vectors[rows]
        return found, vectors[found]

    def damaged_faiss_files(self) -> set[str]:
        """Return the names of the FAISS files that a search found damaged."""
        indexes = (segment.faiss_index for segment in self.segments)
        return {index.file.name for index in indexes if index is not None and index.damaged}


def load_view(connection: sqlite3.Connection, folder: Path, generation: int, previous: View | None) -> View:
    """
    Open the segments that the manifest names.

    :param previous: A view whose open files are used again where they are still part of the index.
    :raises FileNotFoundError: If a vector file is not there.
    """
    dead = np.fromiter((row[0] for row in connection.execute("SELECT id FROM tombstones ORDER BY id")), dtype=np.int64)
    known = {segment.name: segment for segment in previous.segments} if previous else {}
    faiss_indexes = load_faiss_indexes(connection, folder)
    segments = []
    for number, name in connection.execute("SELECT id, name FROM segments ORDER BY id").fetchall():
        old = known.get(name)
        ids, norms, vectors = (old.ids, old.norms, old.vectors) if old else _open(connection, folder, number)
        faiss_index = faiss_indexes.get(number)
        if old and old.faiss_index and faiss_index and old.faiss_index.file == faiss_index.file:
            faiss_index = old.faiss_index
        segments.append(Segment(number, name, ids, norms, vectors, _locate(ids, dead)[1], faiss_index))
    if len({segment.vectors.shape[1] for segment in segments}) > 1:
        msg = "its vector files have different dimensions"
        raise StoredValueError(msg)
    return View(generation, tuple(segments))


def _locate(ids: Ids, wanted: Ids) -> tuple[Ids, Ids]:
    rows = np.searchsorted(ids, wanted)
    rows[rows == len(ids)] = 0
    here = np.flatnonzero(ids[rows] == wanted)
    return here, rows[here]


def _open(
    connection: sqlite3.Connection, folder: Path, number: int
) -> tuple[Ids, NDArray[np.float32] | None, VectorRows]:
    name, rows, dimension, size, ids, norms, sound = connection.execute(
        f"""SELECT name, rows, dimension, bytes, ids, norms, checksum IS {expression("segments")}
            FROM segments WHERE id = ?""",
        (number,),
    ).fetchone()
    if not sound:
        msg = f"the entry of the vector file {name} in its catalogue is not as it was written"
        raise StoredValueError(msg)
    name, rows, dimension = require_segment(name, rows, dimension, size)
    return read_ids(ids, name, rows), read_norms(norms, name, rows), VectorRows(folder, name, rows, dimension)


def vector_ids(connection: sqlite3.Connection) -> Ids:
    """Return the document ids of all rows of the segments whose entries are as they were written, ascending."""
    query = f"SELECT name, rows, ids FROM segments WHERE checksum IS {expression('segments')}"
    parts = [read_ids(ids, name, rows) for name, rows, ids in connection.execute(query)]
    return np.unique(np.concatenate([*parts, np.empty(0, dtype=np.int64)]))


def plan_merge(live: Sequence[int], rows: Sequence[int], added: int) -> list[int]:
    """
    Choose the segments that a commit rewrites together with what it adds.

    A segment at least half dead is always taken. Then the smallest are taken while they are less than twice what has
    been gathered, so that sizes at least double from one segment to the next: there are at most log2(n / 1024) + 2 of
    them, and a vector is rewritten as often (the logarithmic method of Bentley and Saxe, 1980).

    :param live: Living rows of each segment.
    :param rows: All rows of each segment.
    :param added: Vectors that the commit adds.
    :returns: Positions of the chosen segments, ascending.
    """
    chosen = {i for i, total in enumerate(rows) if live[i] * 2 <= total}
    if not added and not chosen:
        return []
    gathered = added + sum(live[i] for i in chosen)
    for i in sorted(set(range(len(live))) - chosen, key=lambda i: live[i]):
        if live[i] >= 2 * max(gathered, SMALL_SEGMENT):
            break
        chosen.add(i)
        gathered += live[i]
    return sorted(chosen)


def write_segment(
    connection: sqlite3.Connection, folder: Path, view: View, chosen: Sequence[int], ids: Ids, vectors: Vectors | None
) -> list[str]:
    """
    Write the living rows of the chosen segments and the new vectors as one segment.

    :param view: The vectors before this commit's additions, with its deletions.
    :param ids: Document ids of the new vectors, ascending and above every other. *Shape:* (n,).
    :param vectors: *Shape:* (n, dimension).
    :returns: Names of the vector files that are no longer part of the index.
    :raises IndexStateError: If a vector that is to be rewritten is not as it was written: nothing may hide that.
    """
    old = [view.segments[i] for i in chosen]
    for segment in old:
        _require_whole(connection, folder, segment)
    parts: list[tuple[Ids, VectorRows | Vectors]] = [(segment.live_rows(), segment.vectors) for segment in old]
    all_ids = [segment.ids[rows] for segment, (rows, _) in zip(old, parts, strict=True)]
    if vectors is not None and len(vectors):
        parts.append((np.arange(len(vectors)), vectors))
        all_ids.append(ids)
    merged = np.concatenate(all_ids) if all_ids else np.empty(0, dtype=np.int64)
    if len(merged):
        order = np.argsort(merged)
        norms = np.empty(len(merged), dtype=np.float32)
        name, written = write_rows(folder, view.generation + 1, _blocks(parts, order, norms))
        added = connection.execute(
            _SEGMENT,
            (
                name,
                len(merged),
                parts[0][1].shape[1],
                written.bytes,
                written.sha256,
                merged[order].astype("<i8").tobytes(),
                None if np.all(np.abs(norms - 1) <= UNIT) else norms.astype("<f4").tobytes(),
            ),
        )
        assert added.lastrowid is not None
        for segment in old:
            if segment.faiss_index is not None and np.array_equal(segment.ids, merged[order][: len(segment.ids)]):
                keep_faiss_index(connection, segment.id, added.lastrowid)
    for segment in old:
        connection.execute("DELETE FROM segments WHERE id = ?", (segment.id,))
        buried = ((int(number),) for number in segment.ids[segment.dead])
        connection.executemany("DELETE FROM tombstones WHERE id = ?", buried)
    return [segment.name for segment in old]


def _require_whole(connection: sqlite3.Connection, folder: Path, segment: Segment) -> None:
    (digest,) = connection.execute("SELECT sha256 FROM segments WHERE id = ?", (segment.id,)).fetchone()
    if segment.live and file_sha256(folder / VECTORS / segment.name) != require_digest(digest, segment.name):
        raise damaged(folder, f"the checksum of the vector file {segment.name} does not match")


def _blocks(
    parts: Sequence[tuple[Ids, VectorRows | Vectors]], order: Ids, norms: NDArray[np.float32]
) -> Iterator[Vectors]:
    """Yield the rows of `parts`, concatenated and put in `order`, block by block; fill in their `norms`."""
    starts = np.cumsum([0, *(len(rows) for rows, _ in parts)])
    dimension = parts[0][1].shape[1]
    for at in range(0, len(order), BLOCK_ROWS):
        wanted = order[at : at + BLOCK_ROWS]
        block = np.empty((len(wanted), dimension), dtype=np.float32)
        for (rows, vectors), start in zip(parts, starts, strict=False):
            mine = np.flatnonzero((wanted >= start) & (wanted < start + len(rows)))
            block[mine] = vectors[rows[wanted[mine] - start]]
        norms[at : at + len(block)] = row_norms(block)
        yield block
