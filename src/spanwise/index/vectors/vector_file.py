"""Vector files: immutable rows of little-endian float32, written once and named by the committed manifest."""

from collections.abc import Iterable
from pathlib import Path
from secrets import token_hex

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import IndexStateError
from spanwise.files.durable import NewFile, new_file
from spanwise.index.vectors import VECTORS
from spanwise.types import EmbedderIdentity

BLOCK_ROWS = 8192
UNIT_TOLERANCE = 1e-3
"""How far from 1 the length of a normalized embedder's vector may be: half precision leaves about 5e-4."""

SHORTEST, LONGEST = float(np.finfo(np.float32).smallest_normal), float(np.finfo(np.float32).max)

Vectors = NDArray[np.float32]


def write_rows(folder: Path, generation: int, blocks: Iterable[Vectors]) -> tuple[str, NewFile]:
    """
    Write rows to a new vector file of the index in `folder`, and make it durable.

    :param blocks: Arrays of *shape* (n, dimension), float32.
    :returns: The file's name, and its size and digest.
    :raises OSError: If the disk refuses; nothing but a temporary file can be left then, and it is removed.
    """
    name = f"{generation:06d}-{token_hex(4)}.f32"
    with new_file(folder / VECTORS / name, "vectors") as file:
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype="<f4").tobytes())
    return name, file


def row_norms(vectors: Vectors) -> NDArray[np.float32]:
    """Return the length of each row, summed in float64. *Shape:* (n,), float32."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    with np.errstate(over="ignore"):
        norms: NDArray[np.float32] = np.sqrt(squares).astype(np.float32)
    return norms


def check_vectors(vectors: Vectors | None, rows: int, dimension: int | None, embedder: EmbedderIdentity | None) -> None:
    """
    Refuse vectors that do not belong in an index.

    :param rows: Number of vectors expected.
    :param dimension: Their length, or None when the index has none yet.
    :raises IndexStateError: If type, shape, values or lengths are not as expected.
    """
    remedy = "embed the passages again"
    shape = f"({rows}, {'any' if dimension is None else dimension})"
    if vectors is None:
        if rows:
            msg = f"expected {rows} vectors, found None: {remedy}"
            raise IndexStateError(msg)
        return
    if not isinstance(vectors, np.ndarray) or vectors.dtype != np.float32:
        found = getattr(vectors, "dtype", type(vectors).__name__)
        msg = f"expected vectors as a float32 array, found {found}: convert them with astype(numpy.float32)"
        raise IndexStateError(msg)
    if vectors.ndim != 2 or len(vectors) != rows or (rows and dimension not in {None, vectors.shape[1]}):
        msg = f"expected vectors of shape {shape}, found {vectors.shape}: {remedy} with the index's own embedder"
        raise IndexStateError(msg)
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        msg = (
            f"expected finite vectors, found NaN or infinity in vector {row}: {remedy}, as float32 if it was in float16"
        )
        raise IndexStateError(msg)
    norms = row_norms(vectors)
    lost = (norms != 0) & ((norms < SHORTEST) | ~np.isfinite(norms))
    if lost.any():
        row = int(np.flatnonzero(lost)[0])
        length = np.linalg.norm(vectors[row].astype(np.float64))
        msg = (
            f"expected vectors whose length float32 can hold, 0 or from {SHORTEST:.1e} to {LONGEST:.1e}, found length "
            f"{length:.1e} in vector {row}: scale them"
        )
        raise IndexStateError(msg)
    if rows and embedder is not None and embedder.normalized:
        row = int(np.argmax(np.abs(norms - 1)))
        if abs(norms[row] - 1) > UNIT_TOLERANCE:
            msg = (
                f"expected vectors of length 1 from {embedder.name}, found length {norms[row]:.4g} in vector {row}: "
                "normalize them"
            )
            raise IndexStateError(msg)
