"""A teacher's logits on disk, so that it reads every window once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import SpanwiseError
from spanwise.files.durable import write_durably
from spanwise.progress import ReportCount
from spanwise.train.inputs.features import Feature

SHARD = 1024  # windows of one file, the most that a kill makes a teacher read again
Compute = Callable[[Sequence[Feature]], Sequence[NDArray[np.float32]]]
"""Gives the start and end logits of windows. *Shape:* (2, n_tokens) each."""


class CacheError(SpanwiseError):
    """A teacher's logits could not be written; those written before are whole."""


@dataclass(frozen=True, slots=True)
class UniqueWindows:
    """
    Windows without repetition.

    :param features: One of each, in the order of their first.
    :param rows: For each window of the training, where in `features` it is. *Shape:* (n_windows,), int64.
    :param sha256: Hex digest of the tokens of `features`.
    """

    features: list[Feature]
    rows: NDArray[np.int64]
    sha256: str

    @classmethod
    def of(cls, features: Sequence[Feature]) -> "UniqueWindows":
        """Find the different windows of a training."""
        places: dict[bytes, int] = {}
        unique: list[Feature] = []
        rows, whole = np.empty(len(features), dtype=np.int64), hashlib.sha256()
        for number, feature in enumerate(features):
            tokens = b"".join((feature.input_ids.tobytes(), feature.type_ids.tobytes()))
            digest = hashlib.blake2b(tokens, digest_size=16).digest()
            if digest not in places:
                places[digest] = len(unique)
                unique.append(feature)
                whole.update(digest)
            rows[number] = places[digest]
        return cls(unique, rows, whole.hexdigest())


def cached_logits(
    folder: Path, windows: UniqueWindows, teacher: str, compute: Compute, report: ReportCount
) -> list[NDArray[np.float32]]:
    """
    Return a teacher's logits of windows, from files of 1,024 windows each; what is missing is computed and written.

    A file is written aside, made durable and then renamed: whatever has its name is whole. Their folder is named by a
    digest of teacher and windows, so that others' logits are never taken for these.

    :param folder: Where the logits of any teacher and windows may be.
    :param teacher: Hex digest of the teacher.
    :param report: Called with the number of windows that are found.
    :returns: Start and end logits of each window, mapped into memory. *Shape:* (2, n_tokens) each.
    :raises CacheError: If the disk refuses; what was written aside is removed.
    """
    folder = folder / hashlib.sha256(f"{teacher} {windows.sha256}".encode()).hexdigest()[:32]
    parts = [windows.features[begin : begin + SHARD] for begin in range(0, len(windows.features), SHARD)]
    files = [folder / f"logits-{number:05}.npy" for number in range(len(parts))]
    tokens = [[len(feature.input_ids) for feature in part] for part in parts]
    arrays = [_open(file, sum(lengths)) for file, lengths in zip(files, tokens, strict=True)]
    report(sum(len(part) for part, array in zip(parts, arrays, strict=True) if array is not None))
    logits: list[NDArray[np.float32]] = []
    for part, file, lengths, found in zip(parts, files, tokens, arrays, strict=True):
        array = found
        if array is None:
            made = np.ascontiguousarray(np.concatenate(compute(part), axis=1), dtype=np.float32)
            _write(file, made, size=8 * sum(map(sum, tokens)))
            array = _open(file, sum(lengths))
        if array is None:
            msg = f"expected a teacher's logits in {file}, found none any more; run it again"
            raise CacheError(msg)
        logits += np.split(array, np.cumsum(lengths)[:-1], axis=1)
    return logits


def _open(file: Path, tokens: int) -> NDArray[np.float32] | None:
    """Map a file into memory; None if there is none of the right size."""
    try:
        array: NDArray[np.float32] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if array.shape == (2, tokens) and array.dtype == np.float32 else None


def _write(file: Path, array: NDArray[np.float32], *, size: int) -> None:
    """
    Write a file.

    :param size: Of all files in bytes, for the message.
    """
    stream = BytesIO()
    np.save(stream, array)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, stream.getvalue())
    except OSError as error:
        msg = (
            f"expected room for a teacher's logits, {size / 1e6:,.1f} MB in all, in {file.parents[1]}, "
            f"found: {error.strerror}; make room, or name another folder with --cache, and run it again"
        )
        raise CacheError(msg) from error
