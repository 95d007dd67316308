"""The FAISS files of segments: which a commit needs, and which a generation has."""

import sqlite3
from collections.abc import Collection
from pathlib import Path
from secrets import token_hex

from spanwise.files.digest import file_sha256
from spanwise.index.catalogue.checksums import insertion
from spanwise.index.catalogue.settings import read_setting
from spanwise.index.faiss import index_types
from spanwise.index.faiss.build import build_index, write_index
from spanwise.index.faiss.faiss_index import FaissIndex
from spanwise.index.faiss.index_types import AUTO, factory_string, resolve_type
from spanwise.index.names import require_digest, require_faiss_file, require_number, require_segment
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.columns import read_norms
from spanwise.index.vectors.vector_rows import VectorRows

_FAISS_INDEX = insertion("faiss_indexes", ("segment_id", "name", "description", "bytes", "sha256"))


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


def faiss_file_names(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all FAISS files that the manifest names."""
    return {require_faiss_file(name) for (name,) in connection.execute("SELECT name FROM faiss_indexes")}


def update_faiss_indexes(
    connection: sqlite3.Connection, folder: Path, damaged: Collection[str] = (), *, check: bool = False
) -> None:
    """
    Give every large segment the FAISS index that the recorded index type asks for, and no other.

    :param damaged: Names of FAISS files that a search found damaged.
    :param check: Whether to compare those that are there with their checksums, and not with their sizes only.
    :raises IndexStateError: If FAISS cannot build it.
    """
    wanted = _wanted(connection)
    for number, description, name, size, digest in connection.execute(
        "SELECT segment_id, description, name, bytes, sha256 FROM faiss_indexes"
    ).fetchall():
        file = folder / VECTORS / require_faiss_file(name)
        good = wanted.get(number) == description and name not in damaged
        good = good and not file.is_symlink() and file.exists() and file.stat().st_size == size
        if good and (not check or file_sha256(file) == digest):
            del wanted[number]
        else:
            connection.execute("DELETE FROM faiss_indexes WHERE segment_id = ?", (number,))
    for number, description in wanted.items():
        _write(connection, folder, number, description)


def _wanted(connection: sqlite3.Connection) -> dict[int, str]:
    """Return the factory string of each segment that is to have a FAISS index."""
    (total,) = connection.execute("SELECT coalesce(sum(rows), 0) FROM segments").fetchone()
    (structured,) = connection.execute("SELECT count(*) FROM faiss_indexes").fetchone()
    chosen = resolve_type(read_setting(connection, "index_type") or AUTO, total, structured=structured > 0)
    wanted = {}
    for number, rows, dimension in connection.execute(
        "SELECT id, rows, dimension FROM segments WHERE rows >= ?", (index_types.MIN_ROWS,)
    ):
        description = factory_string(chosen, rows, dimension)
        if description is not None:
            wanted[number] = description
    return wanted


def _write(connection: sqlite3.Connection, folder: Path, number: int, description: str) -> None:
    segment, rows, dimension, size, norms = connection.execute(
        "SELECT name, rows, dimension, bytes, norms FROM segments WHERE id = ?", (number,)
    ).fetchone()
    vectors = VectorRows(folder, *require_segment(segment, rows, dimension, size))
    index = build_index(description, vectors, read_norms(norms, segment, rows))
    if index is not None:
        name = f"{segment.removesuffix('.f32')}-{token_hex(4)}.faiss"
        written = write_index(index, folder / VECTORS / name)
        connection.execute(_FAISS_INDEX, (number, name, description, written.bytes, written.sha256))
