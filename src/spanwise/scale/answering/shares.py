"""
The vectors of a generation in shares, each of which one process can search.

Where it is searched, its rows are read from the index's folder, or fetched from the machine that has it.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import ray
from numpy.typing import NDArray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from spanwise.index.faiss.faiss_index import FaissIndex
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.search import Found, top
from spanwise.index.vectors.segments import Ids, Segment, View
from spanwise.index.vectors.vector_file import Vectors, row_norms
from spanwise.index.vectors.vector_rows import VectorRows

SHARE_ROWS = 65_536
"""Rows of a share whose vectors are all scored; 100 MB of 384 dimensions."""

FETCHED_ROWS, FETCHED_BYTES = 16_384, 32_000_000  # of one task
RETRIES = 3  # of a task whose process died

Graph = tuple[str, int, str]
"""A FAISS file: its name, its bytes and its SHA-256."""


@dataclass(frozen=True, slots=True)
class Share:
    """
    Rows of a vector file. Vector files are never changed, so that a share says all that is to be known of its rows.

    :param folder: The index's folder.
    :param node: Ray's id of the machine on which that is.
    :param file: The vector file's name.
    :param rows: Rows of the whole file.
    :param first: The first row of the share.
    :param last: The row behind its last one.
    :param is_unit: Whether all vectors have unit length.
    :param graph: Finds candidates among the rows of the whole file; None where all are scored.
    """

    folder: Path
    node: str
    file: str
    rows: int
    dimension: int
    first: int
    last: int
    is_unit: bool
    graph: Graph | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """
    What a question is to be compared with in a share.

    :param segment: The segment that the share belongs to.
    :param dead: Rows of the share that are passed over, counted from its first one.
    :param allowed: The only rows of the file that are considered, or None for all.
    """

    share: Share
    segment: Segment
    dead: Ids
    allowed: Ids | None


def parts_of(
    connection: sqlite3.Connection, view: View, folder: Path, node: str, allowed: Ids | None
) -> Iterator[Part]:
    """
    Yield what is to be searched of a generation; a segment with a FAISS file is one share.

    :param connection: In a read transaction.
    :param view: The vectors of the same generation.
    :param folder: The index's.
    :param node: Ray's id of this machine.
    :param allowed: Ascending ids of the only documents to consider, or None for all.
    """
    stored = connection.execute("SELECT segment_id, name, bytes, sha256 FROM faiss_indexes").fetchall()
    graphs: dict[int, Graph] = {number: tuple(graph) for number, *graph in stored}
    for segment in view.segments:
        rows, dimension = segment.vectors.shape
        graph = None if segment.faiss_index is None else graphs.get(segment.id)
        wanted = None if allowed is None else np.sort(segment.rows_of(allowed))
        step = rows if graph is not None else SHARE_ROWS
        for first in range(0, rows, step):
            last = min(first + step, rows)
            chosen = None if wanted is None else _between(wanted, first, last)
            if chosen is not None and not len(chosen):
                continue
            share = Share(
                folder, node, segment.name, rows, dimension, first, last, is_unit=segment.norms is None, graph=graph
            )
            yield Part(share, segment, _between(segment.dead, first, last) - first, chosen)


def _between(rows: Ids, first: int, last: int) -> Ids:
    begin, end = np.searchsorted(rows, (first, last))
    return rows[begin:end]


class GoneError(Exception):
    """A file of a share was removed by a commit."""


class LoadedShare:
    """
    A share, ready to be searched; threads may share it.

    :param vectors: Rows of the share, or more. *Shape:* (n, dimension), float32.
    :param begin: Which of them is the share's first.
    :param folder: Where its FAISS file is, if it has one.
    :param kept: Whatever is to stay as long as it.
    """

    def __init__(
        self, share: Share, vectors: VectorRows | Vectors, begin: int, folder: Path | None = None, kept: Any = None
    ) -> None:
        rows = _Rows(vectors, begin, share.last - share.first, share.dimension)
        graph = None
        if share.graph is not None and folder is not None:
            name, size, digest = share.graph
            graph = FaissIndex(folder / name, size, digest)
        self._segment = Segment(
            id=0,
            name=share.file,
            ids=np.arange(share.first, share.last),
            norms=None if share.is_unit else _norms(rows),
            vectors=cast("VectorRows", rows),
            dead=np.empty(0, dtype=np.int64),
            faiss_index=graph,
        )
        self._kept = kept

    def search(self, queries: Vectors, top_k: int, dead: Ids, allowed: Ids | None) -> list[Found]:
        """
        Find the rows nearest to each query; see `spanwise.index.vectors.search.top`.

        :param queries: Unit vectors. *Shape:* (n, dimension), float32.
        :param dead: Rows that are passed over, counted from the share's first one, ascending.
        :param allowed: The only rows of the file that are considered, ascending, or None for all.
        :returns: For each query rows of the file and their cosine similarities, best first.
        """
        return top(View(0, (replace(self._segment, dead=dead),)), queries, top_k, allowed)


class _Rows:
    """Some of the rows of a vector file, in the way in which the whole file is read."""

    def __init__(self, vectors: VectorRows | Vectors, begin: int, count: int, dimension: int) -> None:
        self.shape = (count, dimension)
        self._vectors = vectors
        self._begin = begin

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, wanted: slice | Ids) -> Vectors:
        if isinstance(wanted, slice):
            first, last, _ = wanted.indices(len(self))
            return self._vectors[first + self._begin : max(first, last) + self._begin]
        return self._vectors[wanted + self._begin]


def load_share(share: Share) -> LoadedShare:
    """
    Make a share ready, from the index's folder where this machine has that, else from the machine that has it.

    :raises GoneError: If a commit has removed its files.
    """
    folder = share.folder / VECTORS
    try:
        if (folder / share.file).stat().st_size == 4 * share.rows * share.dimension:
            vectors = VectorRows(share.folder, share.file, share.rows, share.dimension)
            return LoadedShare(share, vectors, share.first, folder)
    except OSError:
        pass
    return _fetched(share)


def read_rows(share: Share, first: int, last: int) -> Vectors | None:
    """Return rows of a vector file; None where it is gone. *Shape:* (last - first, dimension), float32."""
    try:
        return VectorRows(share.folder, share.file, share.rows, share.dimension)[first:last]
    except OSError:
        return None


def read_part(share: Share, first: int, last: int) -> NDArray[np.uint8] | None:
    """Return bytes of a FAISS file; None where it is gone. *Shape:* (last - first,)."""
    assert share.graph is not None
    try:
        return np.fromfile(share.folder / VECTORS / share.graph[0], dtype=np.uint8, count=last - first, offset=first)
    except OSError:
        return None


def _fetched(share: Share) -> LoadedShare:
    vectors = np.empty((share.last - share.first, share.dimension), dtype=np.float32)
    for first in range(share.first, share.last, FETCHED_ROWS):
        last = min(first + FETCHED_ROWS, share.last)
        vectors[first - share.first : last - share.first] = _from_owner(read_rows, share, first, last)
    if share.graph is None:
        return LoadedShare(share, vectors, 0)
    name, size, _ = share.graph
    kept = TemporaryDirectory(prefix="spanwise-")
    with open(Path(kept.name) / name, "wb") as file:
        for first in range(0, size, FETCHED_BYTES):
            file.write(_from_owner(read_part, share, first, min(first + FETCHED_BYTES, size)).tobytes())
    return LoadedShare(share, vectors, 0, Path(kept.name), kept)


def _from_owner(read: Callable[[Share, int, int], Any], share: Share, first: int, last: int) -> Any:
    """
    Return what a function reads on the machine that has the index.

    :raises GoneError: If it finds nothing there.
    """
    there = NodeAffinitySchedulingStrategy(share.node, soft=False)
    task: Any = ray.remote(num_cpus=0, max_retries=RETRIES)(read)
    found = ray.get(task.options(scheduling_strategy=there).remote(share, first, last))
    if found is None:
        raise GoneError(share.file)
    return found


def _norms(rows: _Rows) -> NDArray[np.float32]:
    """Return the length of each row. *Shape:* (rows,)."""
    step = FETCHED_ROWS
    return np.concatenate([row_norms(rows[at : at + step]) for at in range(0, len(rows), step)])
