"""The vectors of one generation: which segments there are, which rows of them live, and when they are merged."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.index.catalogue.checksums import expression
from spanwise.index.catalogue.failures import StoredValueError
from spanwise.index.faiss.faiss_index import FaissIndex
from spanwise.index.names import require_segment
from spanwise.index.vectors.faiss_files import load_faiss_indexes
from spanwise.index.vectors.vector_rows import VectorRows

Ids = NDArray[np.int64]

KEPT = 8
"""Selections kept: of a million documents one takes 8 MB at most."""


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

    def rows_of(self, ids: Ids) -> Ids:
        """Return the rows of those of some documents that are in this segment, in the order of `ids`."""
        return _rows_of(self.ids, ids)


class LRUCache:
    """What filters selected of a generation, for the next query with the same filter; threads may share it."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._kept: OrderedDict[str, Ids] = OrderedDict()

    def get(self, asked: str, select: Callable[[], Ids]) -> Ids:
        """
        Return the ids that `select` returned when the same was asked before, or returns now.

        :param asked: All that the selection depends on, but for the generation.
        :returns: Document ids, read-only. *Shape:* (n,), int64.
        """
        with self._guard:
            found = self._kept.pop(asked, None)
        if found is None:
            found = select()
            found.flags.writeable = False
        with self._guard:
            self._kept[asked] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


@dataclass(frozen=True, slots=True)
class View:
    """
    The vectors of one committed generation.

    :param selections: What filters selected of it.
    """

    generation: int
    segments: tuple[Segment, ...]
    selections: LRUCache = field(default_factory=LRUCache, compare=False)

    def gather(self, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Copy out the vectors of those documents that have one, *shape* (dimension,), by their ids."""
        wanted, found = np.array(ids, dtype=np.int64), dict[int, NDArray[np.float32]]()
        for segment in self.segments:
            rows = segment.rows_of(wanted)
            found.update(zip(segment.ids[rows].tolist(), segment.vectors[rows], strict=True))
        return found

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
        ids, norms, vectors = (old.ids, old.norms, old.vectors) if old else open_rows(connection, folder, number)
        faiss_index = faiss_indexes.get(number)
        if old and old.faiss_index and faiss_index and old.faiss_index.file == faiss_index.file:
            faiss_index = old.faiss_index
        segments.append(Segment(number, name, ids, norms, vectors, _rows_of(ids, dead), faiss_index))
    if len({segment.vectors.shape[1] for segment in segments}) > 1:
        msg = "its vector files have different dimensions"
        raise StoredValueError(msg)
    return View(generation, tuple(segments))


def _rows_of(ids: Ids, wanted: Ids) -> Ids:
    rows = np.searchsorted(ids, wanted)
    rows[rows == len(ids)] = 0
    here: Ids = rows[ids[rows] == wanted]
    return here


def open_rows(
    connection: sqlite3.Connection, folder: Path, number: int
) -> tuple[Ids, NDArray[np.float32] | None, VectorRows]:
    """
    Return the document ids of a segment's rows, the lengths of its vectors, None where all are 1, and its open file.

    :raises FileNotFoundError: If the vector file is not there.
    """
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


def read_ids(stored: object, name: str, rows: int) -> Ids:
    """
    Return the document ids of a segment's rows. *Shape:* (rows,).

    :raises StoredValueError: If there are more or fewer, or they do not ascend from 1.
    """
    found = _column(stored, name, rows, "<i8")
    if found[:1].min(initial=1) < 1 or (np.diff(found) <= 0).any():
        msg = f"expected ascending document ids for the vector file {name}"
        raise StoredValueError(msg)
    return found


def read_norms(stored: object, name: str, rows: int) -> NDArray[np.float32] | None:
    """
    Return the lengths of a segment's vectors, *shape* (rows,); None where all are 1.

    :raises StoredValueError: If there are more or fewer, or one is no length.
    """
    if stored is None:
        return None
    found = _column(stored, name, rows, "<f4")
    if not (np.isfinite(found) & (found >= 0)).all():
        msg = f"expected lengths of vectors for the vector file {name}, found a negative one, NaN or infinity"
        raise StoredValueError(msg)
    return found


def _column(stored: object, name: str, rows: int, dtype: str) -> NDArray[Any]:
    width = np.dtype(dtype).itemsize
    if not isinstance(stored, bytes) or len(stored) != rows * width:
        found = f"{len(stored)} bytes" if isinstance(stored, bytes) else type(stored).__name__
        msg = f"expected {rows * width} bytes that belong to the rows of the vector file {name}, found {found}"
        raise StoredValueError(msg)
    return np.frombuffer(stored, dtype=dtype)
