"""FAISS files made of committed segments, which never change, beside whoever reads and writes the index."""

import sqlite3
from pathlib import Path
from secrets import token_hex

import numpy as np

from spanwise.files.durable import NewFile
from spanwise.index.catalogue.checksums import insertion
from spanwise.index.faiss.build import build_index, extend_index, write_index
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.faiss_files import WantedFaissFile, begins_with, load_faiss_indexes
from spanwise.index.vectors.segments import Segment, open_rows
from spanwise.progress import ReportStep

_FAISS_INDEX = insertion("faiss_indexes")


def open_segment(connection: sqlite3.Connection, folder: Path, wanted: WantedFaissFile) -> Segment | None:
    """
    Open what a FAISS file is made of, so that it can be read even when a commit has removed it.

    :returns: The segment, with the FAISS index that is to be extended; None where a commit has just removed it.
    """
    found = connection.execute("SELECT id FROM segments WHERE name = ?", (wanted.segment,)).fetchone()
    if found is None:
        return None
    (number,) = found
    try:
        ids, norms, vectors = open_rows(connection, folder, number)
    except FileNotFoundError:
        return None
    former = load_faiss_indexes(connection, folder)[number] if wanted.extends else None
    return Segment(number, wanted.segment, ids, norms, vectors, np.empty(0, dtype=np.int64), former)


def write_faiss_file(
    segment: Segment, description: str, folder: Path, progress: ReportStep
) -> tuple[str, NewFile] | None:
    """
    Build a FAISS index and write it durably; nothing names the file yet.

    :param description: FAISS's factory string.
    :param progress: Called with how many vectors are done.
    :returns: The file's name, and its size and digest; None where there are too few vectors to train it.
    :raises IndexStateError: If FAISS cannot build it.
    """
    index = None
    if segment.faiss_index is not None and segment.faiss_index.is_whole():
        index = extend_index(segment.faiss_index.file, segment.vectors, segment.norms, progress)
    if index is None:
        index = build_index(description, segment.vectors, segment.norms, progress)
    if index is None:
        return None
    name = f"{segment.name.removesuffix('.f32')}-{token_hex(4)}.faiss"
    return name, write_index(index, folder / VECTORS / name)


def adopt(connection: sqlite3.Connection, segment: Segment, description: str, name: str, written: NewFile) -> None:
    """Make a FAISS file part of the index, if its segment still is, or one that begins with the same rows."""
    found = connection.execute("SELECT id FROM segments WHERE name = ?", (segment.name,)).fetchone()
    number = begins_with(connection, segment.ids) if found is None else int(found[0])
    if number is not None:
        connection.execute("DELETE FROM faiss_indexes WHERE segment_id = ?", (number,))
        connection.execute(_FAISS_INDEX, (number, name, description, written.bytes, written.sha256))
