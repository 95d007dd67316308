"""What may stand in a catalogue: the names of its files, its numbers and lists, checked when they are read."""

import re
from typing import Any

from spanwise.index.catalogue.failures import StoredValueError

MAX_DIMENSION = 1 << 16
_LONGEST = 60  # characters of a value in a message
_VECTOR_FILE = re.compile(r"[0-9]{6,20}-[0-9a-f]{8}\.f32", re.ASCII)
_FAISS_FILE = re.compile(r"[0-9]{6,20}-[0-9a-f]{8}-[0-9a-f]{8}\.faiss", re.ASCII)
_TEMPORARY = ".tmp"
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def is_ours(name: str) -> bool:
    """Whether a file of that name in the folder of vectors is one that a commit writes, or left unfinished."""
    name = name.removesuffix(_TEMPORARY)
    return _VECTOR_FILE.fullmatch(name) is not None or _FAISS_FILE.fullmatch(name) is not None


def is_faiss_file(name: str) -> bool:
    """Whether a file of that name in the folder of vectors is a FAISS file, or one that was not finished."""
    return _FAISS_FILE.fullmatch(name.removesuffix(_TEMPORARY)) is not None


def require_vector_file(name: object) -> str:
    """
    Return the name of a vector file, or of what stands for one in the catalogue.

    :raises StoredValueError: If it is any other than a commit gives.
    """
    return _named(name, _VECTOR_FILE, "vector file")


def require_faiss_file(name: object) -> str:
    """
    Return the name of a FAISS file.

    :raises StoredValueError: If it is any other than a commit gives.
    """
    return _named(name, _FAISS_FILE, "FAISS file")


def require_digest(value: object, of: str) -> str:
    """
    Return a SHA-256 in hex.

    :param of: Names what it is the digest of.
    :raises StoredValueError: If it is something else.
    """
    if not isinstance(value, str) or _DIGEST.fullmatch(value) is None:
        msg = f"expected the SHA-256 of {of}, found {shown(value)}"
        raise StoredValueError(msg)
    return value


def require_number(value: object, what: str, low: int, high: int = (1 << 63) - 1) -> int:
    """
    Return an integer in a range, its ends included.

    :raises StoredValueError: If it is something else.
    """
    if type(value) is not int or not low <= value <= high:
        msg = f"expected {what} from {low} to {high}, found {shown(value)}"
        raise StoredValueError(msg)
    return value


def require_segment(name: object, rows: object, dimension: object, size: object) -> tuple[str, int, int]:
    """
    Return the name, the rows and the dimension of a vector file, which agree with its size in bytes.

    :raises StoredValueError: If they do not.
    """
    file = require_vector_file(name)
    count = require_number(rows, f"the rows of {file}", 1)
    width = require_number(dimension, f"the dimension of {file}", 1, MAX_DIMENSION)
    require_number(size, f"the bytes of {file}", 4 * count * width, 4 * count * width)
    return file, count, width


def shown(value: Any) -> str:
    """Return a value of unknown kind and length for a message."""
    text = repr(value[:_LONGEST] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _named(name: object, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(name, str) or pattern.fullmatch(name) is None:
        msg = f"its catalogue names a {what} {shown(name)}, which no commit writes"
        raise StoredValueError(msg)
    return name
