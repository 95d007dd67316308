"""The FAISS indexes of segments: which a commit needs, and writing them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spanwise.digest import file_sha256
from spanwise.durable import new_file
from spanwise.errors import IndexStateError
from spanwise.index.catalogue.checksums import insertion
from spanwise.index.catalogue.settings import read_setting
from spanwise.index.faiss import index_types
from spanwise.index.faiss.faiss_index import load_faiss
from spanwise.index.faiss.index_types import AUTO, factory_string, last_line, resolve_type
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.vector_file import Vectors, map_rows

if TYPE_CHECKING:
    from spanwise.index.vectors.segments import View

BLOCK_ROWS = 16384
PIECE_BYTES = 4 << 20
TRAINING_ROWS = 20_000
TRAINING_ROWS_PER_LIST = 50
EF_CONSTRUCTION = 40
PQ_ITERATIONS = 10
SEED = 0

_FAISS_INDEX = insertion("faiss_indexes", ("segment_id", "name", "description", "bytes", "sha256"))
_TOO_FEW = "should be at least as large as number of clusters"


def faiss_file_names(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all FAISS files that the manifest names."""
    return {name for (name,) in connection.execute("SELECT name FROM faiss_indexes")}


def update_faiss_indexes(
    connection: sqlite3.Connection, folder: Path, known: "View | None", *, check: bool = False
) -> None:
    """
    Give every large segment the FAISS index that the recorded index type asks for, and no other.

    :param known: A view whose searches may have found FAISS files damaged.
    :param check: Whether to compare those that are there with their checksums, and not with their sizes only.
    :raises IndexStateError: If FAISS cannot build it.
    """
    wanted = _wanted(connection)
    damaged = (
        {s.faiss_index.file.name for s in known.segments if s.faiss_index and s.faiss_index.damaged} if known else set()
    )
    for number, description, name, size, digest in connection.execute(
        "SELECT segment_id, description, name, bytes, sha256 FROM faiss_indexes"
    ).fetchall():
        file = folder / VECTORS / name
        good = wanted.get(number) == description and name not in damaged
        good = good and file.exists() and file.stat().st_size == size
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
    segment, rows, dimension, norms = connection.execute(
        "SELECT name, rows, dimension, norms FROM segments WHERE id = ?", (number,)
    ).fetchone()
    vectors = map_rows(folder, segment, rows, dimension)
    index = _build(description, vectors, None if norms is None else np.frombuffer(norms, dtype="<f4"))
    if index is None:
        return
    faiss = load_faiss()
    name = f"{segment.removesuffix('.f32')}-{token_hex(4)}.faiss"
    with new_file(folder / VECTORS / name, "faiss") as file:
        failures: list[OSError] = []

        def write(data: bytes) -> None:
            try:
                file.write(data)
            except OSError as error:
                failures.append(error)
                raise

        try:
            faiss.write_index(index, faiss.PyCallbackIOWriter(write, PIECE_BYTES))
        except Exception:
            if failures:  # FAISS hides why the disk refused
                raise failures[0] from None
            raise
    connection.execute(
        _FAISS_INDEX,
        (number, name, description, file.bytes, file.sha256),
    )


def _build(description: str, vectors: Vectors, norms: NDArray[np.float32] | None) -> Any:
    """Return the trained and filled FAISS index, or None when there are too few vectors to train it."""
    faiss = load_faiss()
    try:
        index = faiss.index_factory(vectors.shape[1], description, faiss.METRIC_INNER_PRODUCT)
        _prepare(index)
        if not index.is_trained:
            index.train(_unit(vectors, norms, _sample(index, len(vectors))))
        for block in _blocks(len(vectors)):
            index.add(_unit(vectors, norms, block))
    except RuntimeError as error:
        if _TOO_FEW in str(error):
            return None
        msg = (
            f"expected an index type that FAISS can build for {len(vectors)} vectors of length {vectors.shape[1]}, got "
            f"{description!r}: {last_line(error)}; set another type with `spanwise index --type` or `Index.set_type`"
        )
        raise IndexStateError(msg) from error
    return index


def _prepare(index: Any) -> None:
    """Set what a factory string does not say."""
    faiss = load_faiss()
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index
    if isinstance(inner, faiss.IndexHNSW):
        inner.hnsw.efConstruction = EF_CONSTRUCTION
    if isinstance(inner, faiss.IndexHNSWPQ):
        inner = faiss.downcast_index(inner.storage)
    if isinstance(inner, faiss.IndexIVF):
        inner.cp.seed = SEED
        inner.cp.min_points_per_centroid = 1  # small segments are trained on what there is, without a warning
    if isinstance(inner, faiss.IndexIVFPQ):
        inner.pq.cp.min_points_per_centroid = 1
    if isinstance(inner, (faiss.IndexIVFPQ, faiss.IndexPQ)):
        inner.pq.cp.niter = PQ_ITERATIONS
        inner.do_polysemous_training = False  # minutes of work, for a kind of search that is not done here


def _sample(index: Any, rows: int) -> NDArray[np.int64]:
    """Choose the rows to train on, always the same ones, ascending."""
    faiss = load_faiss()
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index
    lists = inner.nlist if isinstance(inner, faiss.IndexIVF) else 0
    size = max(TRAINING_ROWS, TRAINING_ROWS_PER_LIST * lists)
    if size >= rows:
        return np.arange(rows)
    return np.sort(np.random.default_rng(SEED).choice(rows, size, replace=False))


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(at, at + BLOCK_ROWS) for at in range(0, rows, BLOCK_ROWS))


def _unit(vectors: Vectors, norms: NDArray[np.float32] | None, rows: slice | NDArray[np.int64]) -> Vectors:
    """Copy rows out, scaled to unit length; a zero vector stays as it is. *Shape:* (n, dimension), float32."""
    chosen = np.array(vectors[rows], dtype=np.float32)
    if norms is not None:
        lengths = norms[rows]
        chosen /= np.where(lengths == 0, 1, lengths)[:, None]
    return chosen
