"""Which segments a commit rewrites with the vectors that it adds, and writing them."""

import math
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.files.digest import file_sha256
from spanwise.index.catalogue.checksums import insertion
from spanwise.index.catalogue.failures import damaged
from spanwise.index.names import require_digest
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.faiss_files import keep_faiss_index
from spanwise.index.vectors.segments import Ids, Segment, View
from spanwise.index.vectors.vector_file import BLOCK_ROWS, Vectors, row_norms, write_rows
from spanwise.index.vectors.vector_rows import VectorRows

SMALL_SEGMENT = 1024
"""Rows below which a segment is rewritten with whatever is added: at most a few megabytes."""

LARGEST_SEGMENT = 1 << 18
"""Most rows of a segment that is written: its graph, 0.65 kB a row at 384 dimensions, is built in memory."""

UNIT = 1e-6
"""Vectors whose lengths are all this close to 1 need no stored lengths: it is float32's own rounding."""

_SEGMENT = insertion("segments")


def plan_merge(live: Sequence[int], rows: Sequence[int], added: int) -> list[int]:
    """
    Choose the segments that a commit rewrites together with what it adds.

    A segment at least half dead is always taken. Then the smallest are taken while they are less than twice what has
    been gathered, so that sizes at least double from one segment to the next: there are at most log2(n / 1024) + 2 of
    them, and a vector is rewritten as often (the logarithmic method of Bentley and Saxe, 1980). None grows beyond
    `LARGEST_SEGMENT`: of more vectors, nearly all are in segments of at least half as many, which stay as they are.

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
        if live[i] >= 2 * max(gathered, SMALL_SEGMENT) or gathered + live[i] > LARGEST_SEGMENT:
            break
        chosen.add(i)
        gathered += live[i]
    return sorted(chosen)


def plan_compaction(live: Sequence[int], rows: Sequence[int]) -> list[int]:
    """
    Choose the segments that are rewritten so that no row is dead, and there are as few as may be.

    :param live: Living rows of each segment.
    :param rows: All rows of each segment.
    :returns: Positions of the chosen segments: all of them, or none where nothing would change.
    """
    fewest = math.ceil(sum(live) / LARGEST_SEGMENT)
    return [*range(len(live))] if len(live) > fewest or [*live] != [*rows] else []


def write_segments(
    connection: sqlite3.Connection, folder: Path, view: View, chosen: Sequence[int], ids: Ids, vectors: Vectors | None
) -> None:
    """
    Write the living rows of the chosen segments and the new vectors as one segment, or as few of the same size.

    :param view: The vectors of the generation that is made, before its additions.
    :param ids: Document ids of the new vectors, ascending and above every other. *Shape:* (n,).
    :param vectors: *Shape:* (n, dimension).
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
    order = np.argsort(merged)
    for rows in np.array_split(order, math.ceil(len(order) / LARGEST_SEGMENT)) if len(order) else []:
        written = _write(connection, folder, view.generation, merged[rows], parts, rows)
        for segment in old:
            if segment.faiss_index is not None and np.array_equal(segment.ids, merged[rows][: len(segment.ids)]):
                keep_faiss_index(connection, segment.id, written)
    for segment in old:
        connection.execute("DELETE FROM segments WHERE id = ?", (segment.id,))
        buried = ((int(number),) for number in segment.ids[segment.dead])
        connection.executemany("DELETE FROM tombstones WHERE id = ?", buried)


def _write(
    connection: sqlite3.Connection,
    folder: Path,
    generation: int,
    ids: Ids,
    parts: Sequence[tuple[Ids, VectorRows | Vectors]],
    order: Ids,
) -> int:
    """
    Write one segment.

    :param ids: The documents of its rows.
    :param order: Which rows of `parts`, concatenated, they are.
    :returns: The segment's number.
    """
    norms = np.empty(len(order), dtype=np.float32)
    name, written = write_rows(folder, generation, _blocks(parts, order, norms))
    added = connection.execute(
        _SEGMENT,
        (
            name,
            len(order),
            parts[0][1].shape[1],
            written.bytes,
            written.sha256,
            ids.astype("<i8").tobytes(),
            None if np.all(np.abs(norms - 1) <= UNIT) else norms.astype("<f4").tobytes(),
        ),
    )
    assert added.lastrowid is not None
    return added.lastrowid


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
