"""What the catalogue holds of each row of a vector file, checked when it is read."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.index.catalogue.failures import StoredValueError
from spanwise.index.vectors.lru_cache import Ids


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
