"""A teacher's logits on disk, so that it reads every window once."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import SpanwiseError
from spanwise.files.durable import write_durably
from spanwise.train.inputs.features import Feature

FOLDER = "teacher-logits"
SHARD = 1024  # windows of one file, the most that a kill makes a teacher read again


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


class LogitCache:
    """
    The logits of one teacher for one sequence of windows, in files of 1,024 windows each.

    A file is written aside, made durable and then renamed: whatever has its name is whole. The folder is named by a
    digest of teacher and windows, so that others' logits are never taken for these.

    :param folder: Where the logits of any teacher and windows may be.
    :param fingerprint: Hex digest of this teacher and these windows.
    :param lengths: Tokens of each window. *Shape:* (n_windows,), int64.
    """

    def __init__(self, folder: Path, fingerprint: str, lengths: NDArray[np.int64]) -> None:
        self.folder = folder / fingerprint[:32]
        self._lengths = lengths
        self._shards: dict[int, NDArray[np.float32]] = {}
        self._begins = np.concatenate([_begins(lengths[at : at + SHARD]) for at in range(0, len(lengths), SHARD)])

    def missing(self) -> list[range]:
        """Return the windows of each file that is not there, or not as it was written."""
        shards = range(0, len(self._lengths), SHARD)
        return [self._windows(number) for number, _ in enumerate(shards) if self._open(number) is None]

    def write(self, windows: range, logits: Sequence[NDArray[np.float32]]) -> None:
        """
        Write one file.

        :param windows: As `missing` gave them.
        :param logits: Start and end logits of each. *Shape:* (2, n_tokens) each.
        :raises CacheError: If the disk refuses; what was written aside is removed.
        """
        array = np.ascontiguousarray(np.concatenate(logits, axis=1), dtype=np.float32)
        file = self._file(windows.start // SHARD)
        stream = BytesIO()
        np.save(stream, array)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_durably(file, stream.getvalue())
        except OSError as error:
            size = 8 * int(self._lengths.sum()) / 1e6
            msg = (
                f"expected room for a teacher's logits, {size:,.1f} MB in all, in {self.folder.parent}, "
                f"found: {error.strerror}; make room, or name another folder with --cache, and run it again"
            )
            raise CacheError(msg) from error

    def logits_of(self, window: int) -> NDArray[np.float32]:
        """
        Return the logits of a window.

        :returns: Start and end logits. *Shape:* (2, n_tokens).
        :raises CacheError: If they are no longer there.
        """
        number = window // SHARD
        if number not in self._shards:
            found = self._open(number)
            if found is None:
                msg = f"expected a teacher's logits in {self._file(number)}, found none any more; run it again"
                raise CacheError(msg)
            self._shards[number] = found
        begin = self._begins[window]
        return self._shards[number][:, begin : begin + self._lengths[window]]

    def _open(self, number: int) -> NDArray[np.float32] | None:
        """Map a file into memory; None if there is none of the right size."""
        try:
            array: NDArray[np.float32] = np.load(self._file(number), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        windows = self._windows(number)
        expected = (2, int(self._lengths[windows.start : windows.stop].sum()))
        return array if array.shape == expected and array.dtype == np.float32 else None

    def _file(self, number: int) -> Path:
        return self.folder / f"logits-{number:05}.npy"

    def _windows(self, number: int) -> range:
        return range(number * SHARD, min((number + 1) * SHARD, len(self._lengths)))


def remove_cache(output: Path) -> None:
    """Remove the logits that a distillation kept in its own folder."""
    shutil.rmtree(output / FOLDER, ignore_errors=True)


def _begins(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the offset of each window's first token in its file."""
    return np.cumsum(lengths) - lengths
