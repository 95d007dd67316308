"""Searching a FAISS index: candidates, to be scored from the vectors themselves."""

import math
import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.files.digest import file_sha256

OVERFETCH = 4
"""Candidates fetched for each result wanted: FAISS orders them by rounded vectors, and they are scored again."""

OVERFETCH_PQ = 16
"""The same for product quantization, which rounds far more."""

MIN_FETCH = 64
GROWTH = 4
MIN_EF = 512
EF_PER_FETCH = 2
MIN_PROBES = 64
PROBED_SHARE = 1 / 16

GPU_RESULTS = 2048
"""Results that FAISS finds for a query on a GPU, at most."""

GPU_WORKING_BYTES = 256 << 20

Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]


class FaissIndex:
    """
    A FAISS file of a segment, or of its first rows, mapped into memory by the first search.

    A process compares it once with its checksum, before it uses it (about 0.7 s for a gigabyte): a damaged graph could
    end the process.

    :param bytes: Size of the file, in bytes.
    :param sha256: Hex digest of the file.
    """

    def __init__(self, file: Path, size: int, sha256: str) -> None:
        self.file = file
        self.damaged = False
        self._size = size
        self._sha256 = sha256
        self._guard = Lock()
        self._index: Any = None
        self._on_gpu: Any = None

    def candidates(self, queries: Vectors, top_k: int, dead: Rows, total: int) -> list[Rows | None]:
        """
        Find rows that are near to each query.

        At first `OVERFETCH` times `top_k` living rows are to be expected; where less than half as many live, more are
        fetched.

        :param queries: Unit vectors. *Shape:* (n, dimension).
        :param dead: Ascending numbers of the rows to leave out.
        :param total: Number of rows, at most those that it has.
        :returns: For each query ascending row numbers, or None where every row is to be scored.
        """
        found: list[Rows | None] = [None] * len(queries)
        index = self._opened()
        if index is None:
            return found
        living = total - len(dead)
        wanted = min(max(_overfetch(index) * top_k, MIN_FETCH), living)
        fetch = math.ceil(wanted * total / max(living, 1))
        rest = list(range(len(queries)))
        while rest and fetch * GROWTH <= total:
            searched = index if self._on_gpu is None or fetch > GPU_RESULTS else self._on_gpu
            _, labels = searched.search(queries[rest], fetch, params=_parameters(index, fetch))
            for number, line in zip(rest, labels, strict=True):
                rows = np.setdiff1d(line[(line >= 0) & (line < total)], dead)
                found[number] = rows if len(rows) * 2 >= wanted else None
            rest = [number for number in rest if found[number] is None]
            fetch *= GROWTH
        return found

    def is_whole(self) -> bool:
        """Return whether the file is there, as it was written."""
        try:
            return self.file.stat().st_size == self._size and file_sha256(self.file) == self._sha256
        except OSError:  # a commit has just removed it
            return False

    def rows(self) -> int:
        """Return of how many rows it is, the first of its segment; 0 where its file cannot be used."""
        index = self._opened()
        return 0 if index is None else int(index.ntotal)

    def _opened(self) -> Any:
        """Return the FAISS index, or None when the file cannot be used."""
        with self._guard:
            if self._index is None and not self.damaged:
                try:
                    self._index = _read(self.file) if self.is_whole() else None
                except (OSError, RuntimeError):  # a commit has just removed it, or FAISS cannot read it
                    self._index = None
                self.damaged = self._index is None
                self._on_gpu = None if self.damaged else to_gpu(self._index)
            return self._index


@cache
def load_faiss() -> Any:
    """
    Import FAISS so that it survives a fork.

    Its threads do not exist in a forked process, which would wait for them for ever: there it works with one.
    """
    import faiss

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: faiss.omp_set_num_threads(1))
    return faiss


def _read(file: Path) -> Any:
    """Map a FAISS file into memory; types that cannot be mapped are read."""
    faiss = load_faiss()
    try:
        return faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError:
        return faiss.read_index(str(file))


def to_gpu(index: Any) -> Any:
    """Return a copy on the first GPU; None where there is no GPU, no room, or no such type for it, as for graphs."""
    faiss = load_faiss()
    if not getattr(faiss, "get_num_gpus", int)():  # FAISS may be built without
        return None
    resources = faiss.StandardGpuResources()
    resources.setTempMemory(GPU_WORKING_BYTES)
    try:
        return faiss.index_cputo_gpu(resources, 0, index)
    except RuntimeError:
        return None


def without_transform(index: Any) -> Any:
    """Return the index behind a transformation of vectors; one without any as it is."""
    faiss = load_faiss()
    return faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index


def _overfetch(index: Any) -> int:
    faiss = load_faiss()
    rounded = (faiss.IndexIVFPQ, faiss.IndexPQ, faiss.IndexHNSWPQ, faiss.IndexIVFPQFastScan, faiss.IndexPQFastScan)
    return OVERFETCH_PQ if isinstance(without_transform(index), rounded) else OVERFETCH


def _parameters(index: Any, fetch: int) -> Any:
    """
    Return how thoroughly to search for `fetch` candidates, as FAISS's search parameters; None where there is no choice.

    A graph keeps twice as many open ends as are fetched, at least 512. Of the lists of an inverted file one in 16 is
    read, at least 64, and as many more as hold four times what is fetched.
    """
    faiss = load_faiss()
    if isinstance(index, faiss.IndexPreTransform):
        inner = _parameters(faiss.downcast_index(index.index), fetch)
        return None if inner is None else faiss.SearchParametersPreTransform(index_params=inner)
    if isinstance(index, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(efSearch=max(MIN_EF, EF_PER_FETCH * fetch))
    if isinstance(index, faiss.IndexIVF):
        filled = math.ceil(4 * fetch * index.nlist / max(index.ntotal, 1))
        probes = min(index.nlist, max(MIN_PROBES, round(index.nlist * PROBED_SHARE), filled))
        return faiss.SearchParametersIVF(nprobe=probes)
    return None
