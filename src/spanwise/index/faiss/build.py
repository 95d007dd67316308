"""Building FAISS indexes over vectors, and writing them to files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import IndexStateError
from spanwise.files.durable import NewFile, new_file
from spanwise.index.faiss.faiss_index import Vectors, load_faiss, without_transform
from spanwise.index.faiss.index_types import last_line
from spanwise.progress import ReportStep, no_steps

if TYPE_CHECKING:
    from spanwise.index.vectors.vector_rows import VectorRows

BLOCK_ROWS = 4096
PIECE_BYTES = 4 << 20
TRAINING_ROWS = 20_000
TRAINING_ROWS_PER_LIST = 50
EF_CONSTRUCTION = 40
PQ_ITERATIONS = 10
SEED = 0

_TOO_FEW = "should be at least as large as number of clusters"


def write_index(index: Any, path: Path) -> NewFile:
    """
    Write a FAISS index to a file, and make it durable.

    :returns: The file's size and digest.
    """
    faiss = load_faiss()
    with new_file(path, "faiss") as file:
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
    return file


def build_index(
    description: str,
    vectors: "Vectors | VectorRows",
    norms: NDArray[np.float32] | None,
    progress: ReportStep = no_steps,
) -> Any:
    """Return the trained and filled FAISS index, or None when there are too few vectors to train it."""
    faiss = load_faiss()
    try:
        index = faiss.index_factory(vectors.shape[1], description, faiss.METRIC_INNER_PRODUCT)
        _prepare(index)
        if not index.is_trained:
            index.train(_unit(vectors, norms, _sample(index, len(vectors))))
        _add(index, vectors, norms, progress)
    except RuntimeError as error:
        if _TOO_FEW in str(error):
            return None
        msg = (
            f"expected an index type that FAISS builds for {len(vectors)} vectors of length {vectors.shape[1]}, found "
            f"{description!r}: {last_line(error)}; set another type with `spanwise index --type` or `Index.set_type`"
        )
        raise IndexStateError(msg) from error
    return index


def extend_index(
    file: Path, vectors: "Vectors | VectorRows", norms: NDArray[np.float32] | None, progress: ReportStep = no_steps
) -> Any:
    """
    Read the FAISS index of the first rows and add the others.

    :param file: As it was written.
    :returns: None where it is no graph, which is the only type that is not made of all rows together, or where it has
        less than half of the rows: their rounding was learned from too few.
    """
    faiss = load_faiss()
    index = faiss.read_index(str(file))
    if not isinstance(without_transform(index), faiss.IndexHNSW) or not len(vectors) <= 2 * index.ntotal:
        return None
    _add(index, vectors, norms, progress)
    return index


def _add(index: Any, vectors: "Vectors | VectorRows", norms: NDArray[np.float32] | None, progress: ReportStep) -> None:
    """Add the vectors that an index does not have yet."""
    reserve(index, len(vectors))
    for first in range(index.ntotal, len(vectors), BLOCK_ROWS):
        progress("building a FAISS file", first, len(vectors))
        index.add(_unit(vectors, norms, slice(first, min(first + BLOCK_ROWS, len(vectors)))))


def reserve(index: Any, rows: int) -> None:
    """
    Make room for a graph of so many vectors.

    Its arrays would double when they are full, and what they leave behind each time is too large and too late to be
    used again: together nearly as much as the graph itself.
    """
    faiss, inner = load_faiss(), without_transform(index)
    if not isinstance(inner, faiss.IndexHNSW):
        return
    graph, storage = inner.hnsw, faiss.downcast_index(inner.storage)
    links = graph.nb_neighbors(0) + 2  # and the few of the levels above
    for array, size in (
        (storage.codes, rows * storage.code_size),
        (graph.neighbors, rows * links),
        (graph.offsets, rows + 1),
        (graph.levels, rows),
    ):
        filled = array.size()
        if filled < size:
            array.resize(size)
            array.resize(filled)


def _prepare(index: Any) -> None:
    """Set what a factory string does not say."""
    faiss, inner = load_faiss(), without_transform(index)
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
    faiss, inner = load_faiss(), without_transform(index)
    lists = inner.nlist if isinstance(inner, faiss.IndexIVF) else 0
    size = max(TRAINING_ROWS, TRAINING_ROWS_PER_LIST * lists)
    if size >= rows:
        return np.arange(rows)
    return np.sort(np.random.default_rng(SEED).choice(rows, size, replace=False))


def _unit(
    vectors: "Vectors | VectorRows", norms: NDArray[np.float32] | None, rows: slice | NDArray[np.int64]
) -> Vectors:
    """Read rows, scaled to unit length; a zero vector stays as it is. *Shape:* (n, dimension), float32."""
    chosen = np.asarray(vectors[rows], dtype=np.float32)
    if norms is None:
        return chosen
    lengths = norms[rows]
    return np.asarray(chosen / np.where(lengths == 0, 1, lengths)[:, None])
