"""The vectors of a generation in shares, each of which one process can search."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spanwise.index.vectors.segments import Ids, Segment, View

SHARE_ROWS = 65_536
"""Rows of a share whose vectors are all scored; 100 MB of 384 dimensions."""

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


def graphs_of(connection: sqlite3.Connection) -> dict[int, Graph]:
    """Return the FAISS files of a generation by the number of their segment."""
    found = connection.execute("SELECT segment_id, name, bytes, sha256 FROM faiss_indexes").fetchall()
    return {number: (name, size, digest) for number, name, size, digest in found}


def parts_of(view: View, graphs: dict[int, Graph], folder: Path, node: str, allowed: Ids | None) -> Iterator[Part]:
    """
    Yield what is to be searched of a generation; a segment with a FAISS file is one share.

    :param graphs: As `graphs_of` gives them.
    :param folder: The index's.
    :param node: Ray's id of this machine.
    :param allowed: Ascending ids of the only documents to consider, or None for all.
    """
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
