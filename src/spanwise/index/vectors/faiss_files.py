"""The FAISS files of segments: which a generation has, which it is to have, and which a commit keeps."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.files.digest import file_sha256
from spanwise.index.catalogue import checksums
from spanwise.index.catalogue.settings import read_setting
from spanwise.index.faiss import index_types
from spanwise.index.faiss.faiss_index import FaissIndex
from spanwise.index.faiss.index_types import AUTO, factory_string, resolve_type
from spanwise.index.names import require_digest, require_faiss_file, require_number
from spanwise.index.vectors import VECTORS


@dataclass(frozen=True, slots=True)
class WantedFaissFile:
    """
    A FAISS file that a segment is to have.

    :param segment: The name of its vector file.
    :param description: FAISS's factory string.
    :param extends: Whether it has one of the same type until then, of its first rows.
    """

    segment: str
    description: str
    extends: bool = False


def load_faiss_indexes(connection: sqlite3.Connection, folder: Path) -> dict[int, FaissIndex]:
    """Return the FAISS indexes of a generation by the number of their segment; none is opened."""
    query = "SELECT segment_id, name, bytes, sha256 FROM faiss_indexes"
    return {
        number: FaissIndex(
            folder / VECTORS / require_faiss_file(name),
            require_number(size, f"the bytes of {name}", 1),
            require_digest(digest, name),
        )
        for number, name, size, digest in connection.execute(query)
    }


def keep_faiss_index(connection: sqlite3.Connection, before: int, merged: int) -> None:
    """Give the FAISS index of a segment to another one, which begins with the same rows."""
    connection.execute("UPDATE faiss_indexes SET segment_id = ? WHERE segment_id = ?", (merged, before))
    checksums.refresh(connection, "faiss_indexes", "segment_id", (merged,))


def drop_unwanted(connection: sqlite3.Connection) -> None:
    """Take the FAISS index from every segment that is to have none; one of another type stays until it is replaced."""
    wanted = _wanted(connection)
    for (number,) in connection.execute("SELECT segment_id FROM faiss_indexes").fetchall():
        if number not in wanted:
            connection.execute("DELETE FROM faiss_indexes WHERE segment_id = ?", (number,))


def wanted_faiss_files(
    connection: sqlite3.Connection, folder: Path, damaged: Collection[str] = (), *, check: bool = False
) -> list[WantedFaissFile]:
    """
    Return the FAISS files that the recorded index type asks for and that are not there, or not as they should be.

    :param damaged: Names of FAISS files that a search found damaged.
    :param check: Whether to compare those that are there with their checksums, and not with their sizes only.
    """
    query = "SELECT segment_id, description, name, bytes, sha256 FROM faiss_indexes"
    present = {number: rest for number, *rest in connection.execute(query)}
    found = []
    for number, (segment, wanted) in _wanted(connection).items():
        if number not in present:
            found.append(WantedFaissFile(segment, wanted))
            continue
        description, name, size, digest = present[number]
        file = folder / VECTORS / require_faiss_file(name)
        is_whole = name.startswith(f"{segment.removesuffix('.f32')}-")  # and not of one that this begins with
        good = description == wanted and name not in damaged and is_whole
        good = good and not file.is_symlink() and file.exists() and file.stat().st_size == size
        if not good or (check and file_sha256(file) != digest):
            found.append(WantedFaissFile(segment, wanted, description == wanted and not is_whole))
    return found


def begins_with(connection: sqlite3.Connection, ids: NDArray[np.int64]) -> int | None:
    """Return the number of the segment whose first rows are these documents, if there is one."""
    stored = ids.astype("<i8").tobytes()
    query = "SELECT id FROM segments WHERE substr(ids, 1, ?) = ?"
    found = connection.execute(query, (len(stored), stored)).fetchone()
    return None if found is None else int(found[0])


def _wanted(connection: sqlite3.Connection) -> dict[int, tuple[str, str]]:
    """Return the vector file and the factory string of each segment that is to have a FAISS index."""
    (total,) = connection.execute("SELECT coalesce(sum(rows), 0) FROM segments").fetchone()
    (structured,) = connection.execute("SELECT count(*) FROM faiss_indexes").fetchone()
    chosen = resolve_type(read_setting(connection, "index_type") or AUTO, total, structured=structured > 0)
    wanted = {}
    for number, name, rows, dimension in connection.execute(
        "SELECT id, name, rows, dimension FROM segments WHERE rows >= ?", (index_types.MIN_ROWS,)
    ):
        description = factory_string(chosen, rows, dimension)
        if description is not None:
            wanted[number] = name, description
    return wanted
