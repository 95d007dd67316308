"""FAISS files made of committed segments, which never change, beside whoever reads and writes the index."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import numpy as np
from numpy.typing import NDArray

from spanwise.files.durable import NewFile
from spanwise.index.catalogue.checksums import insertion
from spanwise.index.faiss.build import build_index, extend_index, write_index
from spanwise.index.faiss.faiss_index import FaissIndex
from spanwise.index.names import require_segment
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.columns import read_ids, read_norms
from spanwise.index.vectors.faiss_files import WantedFaissFile, begins_with, load_faiss_indexes
from spanwise.index.vectors.vector_rows import VectorRows
from spanwise.progress import ReportStep

_FAISS_INDEX = insertion("faiss_indexes", ("segment_id", "name", "description", "bytes", "sha256"))


@dataclass(frozen=True, slots=True)
class Source:
    """
    What a FAISS file is made of, open, so that it can be read even when a commit has removed it.

    :param ids: The documents of the segment's rows.
    :param former: The FAISS index of its first rows, if it has one of the same type.
    """

    wanted: WantedFaissFile
    ids: NDArray[np.int64]
    vectors: VectorRows
    norms: NDArray[np.float32] | None
    former: FaissIndex | None


def open_source(connection: sqlite3.Connection, folder: Path, wanted: WantedFaissFile) -> Source | None:
    """Open the vectors of a segment, and the FAISS file that it has; None where a commit has just removed it."""
    found = connection.execute(
        "SELECT id, name, rows, dimension, bytes, ids, norms FROM segments WHERE name = ?", (wanted.segment,)
    ).fetchone()
    if found is None:
        return None
    number, name, rows, dimension, size, ids, norms = found
    name, rows, dimension = require_segment(name, rows, dimension, size)
    try:
        vectors = VectorRows(folder, name, rows, dimension)
    except FileNotFoundError:
        return None
    former = None
    if wanted.extends:
        former = load_faiss_indexes(connection, folder)[number]
    return Source(wanted, read_ids(ids, name, rows), vectors, read_norms(norms, name, rows), former)


def write_faiss_file(source: Source, folder: Path, progress: ReportStep) -> tuple[str, NewFile] | None:
    """
    Build a FAISS index and write it durably; nothing names the file yet.

    :param progress: Called with how many vectors are done.
    :returns: The file's name, and its size and digest; None where there are too few vectors to train it.
    :raises IndexStateError: If FAISS cannot build it.
    """
    index = None
    if source.former is not None and source.former.is_whole():
        index = extend_index(source.former.file, source.vectors, source.norms, progress)
    if index is None:
        index = build_index(source.wanted.description, source.vectors, source.norms, progress)
    if index is None:
        return None
    name = f"{source.wanted.segment.removesuffix('.f32')}-{token_hex(4)}.faiss"
    return name, write_index(index, folder / VECTORS / name)


def adopt(connection: sqlite3.Connection, source: Source, name: str, written: NewFile) -> None:
    """Make a FAISS file part of the index, if its segment still is, or one that begins with the same rows."""
    found = connection.execute("SELECT id FROM segments WHERE name = ?", (source.wanted.segment,)).fetchone()
    number = begins_with(connection, source.ids) if found is None else int(found[0])
    if number is not None:
        connection.execute("DELETE FROM faiss_indexes WHERE segment_id = ?", (number,))
        connection.execute(_FAISS_INDEX, (number, name, source.wanted.description, written.bytes, written.sha256))
