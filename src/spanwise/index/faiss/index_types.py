"""
How vectors are searched: the index types by plain name, and by FAISS factory string.

All but "flat" find candidates with a FAISS index and score them again from the stored vectors, so every type
returns true cosines; they differ in speed, disk space and how many of the true neighbors they find.
"""

import math

from spanwise.errors import IndexStateError

AUTO = "auto"
FLAT = "flat"
PLAIN = (AUTO, FLAT, "hnsw", "ivf", "ivf-pq", "sq8", "fp16")

AUTO_ROWS = 100_000
"""Vectors from which "auto" is "hnsw"; below it is "flat". It goes back below half of that."""

MIN_ROWS = 10_000
"""Rows from which a segment gets a FAISS index; fewer are scanned in about 2 ms at 384 dimensions."""

_EXAMPLES = "IVF1024,Flat or OPQ48_192,IVF256,PQ48"
_UNPARSED = "could not parse"
_ANY_DIMENSION = 15360  # divisible by whatever a factory string is likely to divide it by


def check_type(index_type: str, dimension: int | None) -> None:
    """
    Check the name of an index type; FAISS is imported only for a factory string.

    :param index_type: A plain name, or a factory string.
    :param dimension: Length of the vectors, or None while it is not known: then only the string's form is checked.
    :raises ValueError: If it is neither, or not for vectors of this length.
    """
    if index_type in PLAIN:
        return
    accepted = f"expected an index_type of {', '.join(PLAIN)} or a FAISS factory string such as {_EXAMPLES}"
    if not isinstance(index_type, str) or not index_type:
        msg = f"{accepted}, found {index_type!r}"
        raise ValueError(msg)
    import faiss

    try:
        made = faiss.index_factory(dimension or _ANY_DIMENSION, index_type, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        if dimension is None and _UNPARSED not in str(error):
            return  # it may be right for vectors of another length
        detail = "" if dimension is None else f" for vectors of length {dimension}"
        msg = f"{accepted}, found {index_type!r}{detail}: {last_line(error)}"
        raise ValueError(msg) from error
    if isinstance(made, faiss.IndexIDMap):
        msg = f"{accepted}, found {index_type!r}: leave IDMap out, documents have ids of their own"
        raise ValueError(msg)


def resolve_type(index_type: str, rows: int, *, structured: bool) -> str:
    """
    Return the type that "auto" stands for, and any other as it is.

    :param rows: Vectors in the whole index, those of deleted documents that are not merged away among them.
    :param structured: Whether there are FAISS indexes already.
    """
    if index_type != AUTO:
        return index_type
    return "hnsw" if rows >= (AUTO_ROWS // 2 if structured else AUTO_ROWS) else FLAT


def factory_string(index_type: str, rows: int, dimension: int) -> str | None:
    """
    Return how FAISS builds the index of a segment, or None where there is to be none.

    They hold vectors in 8 bits a number, or less; with candidates scored again from float32, more would take
    disk space and find nothing more.

    :param index_type: Anything but "auto".
    :param rows: Vectors in the segment.
    """
    lists = max(1, round(2 * math.sqrt(rows)))
    codes = math.ceil(dimension / 8)
    pad = "" if dimension % 8 == 0 else f"Pad{8 * codes},"
    return {
        FLAT: None,
        "Flat": None,
        "hnsw": "HNSW32_SQ8",
        "ivf": f"IVF{lists},SQ8",
        "ivf-pq": f"{pad}IVF{lists},PQ{codes}x8",
        "sq8": "SQ8",
        "fp16": "SQfp16",
    }.get(index_type, index_type)


def require_type(index_type: str, dimension: int) -> None:
    """
    Check a recorded type against vectors whose length has become known.

    :raises IndexStateError: If it is not for vectors of this length.
    """
    try:
        check_type(index_type, dimension)
    except ValueError as error:
        msg = f"{error}; set another type with `spanwise index --type` or `Index.set_type`"
        raise IndexStateError(msg) from error


def last_line(error: RuntimeError) -> str:
    """Return what FAISS says, without where in its sources it says so."""
    return str(error).strip().rsplit(": ", 1)[-1]
