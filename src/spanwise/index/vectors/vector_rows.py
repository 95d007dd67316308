"""The rows of a vector file, read when they are asked for: a file that is cut short is then an error, not a crash."""

import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from spanwise.files.contained import open_contained
from spanwise.index.catalogue.failures import StoredValueError
from spanwise.index.vectors import VECTORS

if TYPE_CHECKING:
    from spanwise.index.vectors.vector_file import Vectors

DENSE = 4
"""Rows are read with those between them where these are at most so many times as many."""


class VectorRows:
    """
    A vector file, open for reading. *Shape:* (rows, dimension), float32.

    A file mapped into memory would end the process (SIGBUS) when another cuts it short.

    :param folder: The index's folder.
    :param name: As `spanwise.index.names` has checked it.
    :raises OSError: If it is not there, or is a link.
    """

    def __init__(self, folder: Path, name: str, rows: int, dimension: int) -> None:
        self.shape = (rows, dimension)
        self._name = name
        self._descriptor = open_contained(folder / VECTORS / name)
        self._guard = Lock()
        finalize(self, os.close, self._descriptor)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, wanted: slice | NDArray[np.int64]) -> "Vectors":
        """
        Copy rows out.

        :param wanted: A slice without a step, or row numbers. *Shape:* (n,).
        :returns: *Shape:* (n, dimension), float32.
        :raises StoredValueError: If the file is shorter than it was.
        """
        if isinstance(wanted, slice):
            first, last, _ = wanted.indices(len(self))
            return self._read(first, max(last - first, 0))
        found = np.empty((len(wanted), self.shape[1]), dtype="<f4")
        order = np.argsort(wanted, kind="stable")
        ascending = wanted[order]
        for part in np.split(order, np.flatnonzero(np.diff(ascending) > DENSE) + 1):
            if len(part):
                first, last = int(wanted[part[0]]), int(wanted[part[-1]])
                found[part] = self._read(first, last - first + 1)[wanted[part] - first]
        return found

    def _read(self, first: int, count: int) -> "Vectors":
        block = np.empty((count, self.shape[1]), dtype="<f4")
        view, at = memoryview(block.data).cast("B") if count else memoryview(b""), first * self.shape[1] * 4
        while view:
            done = self._read_into(view, at)
            if not done:
                msg = f"the vector file {self._name} was cut short"
                raise StoredValueError(msg)
            view, at = view[done:], at + done
        return block

    def _read_into(self, view: memoryview, at: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [view], at)
        with self._guard:
            os.lseek(self._descriptor, at, os.SEEK_SET)
            data = os.read(self._descriptor, len(view))
        view[: len(data)] = data
        return len(data)
