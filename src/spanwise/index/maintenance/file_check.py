"""Reading every vector file and every FAISS file, and comparing them with what the catalogue says of them."""

import errno
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from spanwise.files.contained import open_contained
from spanwise.index.catalogue.checksums import expression
from spanwise.index.catalogue.failures import decode_lossy, require_damage
from spanwise.index.catalogue.rows import chunks, placeholders
from spanwise.index.maintenance.health import Finding
from spanwise.index.names import is_ours
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.segments import read_ids
from spanwise.progress import ReportStep
from spanwise.text.pluralize import listed, pluralize

_BLOCK_BYTES = 4 << 20
_SOUND = f"checksum IS {expression('segments')}"

OpenFiles = dict[str, BinaryIO | OSError]


@dataclass(frozen=True, slots=True)
class SegmentState:
    """
    A segment as it was found.

    :param ids: Document ids of its rows, or None when its entry in the catalogue is damaged. *Shape:* (rows,).
    :param problem: What is wrong with its vector file, or None.
    """

    id: int
    name: str
    ids: NDArray[np.int64] | None
    problem: str | None

    @property
    def whole(self) -> bool:
        """Whether its vectors are as they were written."""
        return self.ids is not None and self.problem is None


@contextmanager
def open_files(connection: sqlite3.Connection, folder: Path) -> Iterator[OpenFiles]:
    """Open every file that the manifest names; a commit may then remove one, and it can still be read."""
    with ExitStack() as stack:
        opened: OpenFiles = {}
        for name in _readable_names(connection):
            if not is_ours(name):
                opened[name] = OSError(errno.EINVAL, "its name is none that a commit gives")
                continue
            try:
                opened[name] = stack.enter_context(os.fdopen(open_contained(folder / VECTORS / name), "rb"))
            except OSError as error:
                opened[name] = error
        yield opened


def _readable_names(connection: sqlite3.Connection) -> Iterator[str]:
    for table in ("segments", "faiss_indexes"):
        try:
            for (name,) in connection.execute(f"SELECT CAST(name AS BLOB) FROM {table}"):
                yield decode_lossy(name)
        except sqlite3.Error as error:
            require_damage(error)


def segment_states(connection: sqlite3.Connection, reader: "FileReader") -> list[SegmentState]:
    """Examine every segment."""
    found = []
    query = f"SELECT id, CAST(name AS BLOB), bytes, CAST(sha256 AS BLOB), {_SOUND}, ids FROM segments ORDER BY id"
    for number, raw, size, digest, sound, ids in connection.execute(query).fetchall():
        name = decode_lossy(raw)
        problem = reader.problem(name, size, digest)
        rows = len(ids) // 8 if isinstance(ids, bytes) else 0
        known = read_ids(ids, name, rows) if sound else None
        found.append(SegmentState(number, name, known, problem))
    return found


def vector_findings(connection: sqlite3.Connection, reader: "FileReader") -> Iterator[Finding]:
    """Examine every segment, and compare the documents that have a vector with the rows that are not tombstones."""
    states = segment_states(connection, reader)
    dead = _numbers(connection, "SELECT id FROM tombstones")
    for state in states:
        if state.problem is not None:
            living = [] if state.ids is None else np.setdiff1d(state.ids, dead).tolist()
            message = f"vector file {state.name}: {state.problem}"
            yield Finding("damage", "vectors", message, _affected(connection, living))
    expected = _numbers(connection, "SELECT id FROM documents WHERE embedded")
    present = np.setdiff1d(joined(state.ids for state in states if state.ids is not None), dead)
    lost, extra = len(np.setdiff1d(expected, present)), len(np.setdiff1d(present, expected))
    if lost or extra:
        message = f"vectors: {lost} documents without their vector, {extra} vectors without a document"
        yield Finding("damage", "vectors", message)


def faiss_findings(connection: sqlite3.Connection, reader: "FileReader") -> Iterator[Finding]:
    """Examine every FAISS file."""
    query = "SELECT CAST(name AS BLOB), bytes, CAST(sha256 AS BLOB) FROM faiss_indexes ORDER BY segment_id"
    for raw, size, digest in connection.execute(query).fetchall():
        name = decode_lossy(raw)
        problem = reader.problem(name, size, digest)
        if problem is not None:
            still = "nothing is lost, its vectors are searched exactly until it is rebuilt"
            yield Finding("derived", "structures", f"FAISS file {name}: {problem}; {still}")


def affected(connection: sqlite3.Connection, ids: Sequence[int]) -> str:
    """
    Say which documents these are: how many passages of which files, and how many others.

    :param ids: Document ids; those that are not in the catalogue are passed over.
    """
    files: Counter[str] = Counter()
    others: list[str] = []
    for part in chunks(ids):
        found = connection.execute(
            f"""SELECT CAST(f.file AS BLOB), CAST(d.doc_id AS BLOB) FROM documents d NOT INDEXED
                LEFT JOIN files f ON f.id = d.file_id WHERE d.id IN ({placeholders(part)})""",
            part,
        )
        for file, doc_id in found:
            if file is None:
                others.append(decode_lossy(doc_id))
            else:
                files[decode_lossy(file)] += 1
    said = []
    if files:
        said.append(
            f"{pluralize(files.total(), 'passage')} of {pluralize(len(files), 'file')}: {listed(sorted(files))}"
        )
    if others:
        said.append(f"{pluralize(len(others), 'document')}: {listed(others)}")
    return "; ".join(said)


def _affected(connection: sqlite3.Connection, ids: Sequence[int]) -> str:
    """Say which documents these are, as far as that can be read."""
    try:
        return affected(connection, ids)
    except sqlite3.Error as error:
        require_damage(error)
        return ""


def joined(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return all ids, one array after the other."""
    return np.concatenate([*parts, np.empty(0, dtype=np.int64)])


def _numbers(connection: sqlite3.Connection, query: str) -> NDArray[np.int64]:
    return np.fromiter((number for (number,) in connection.execute(query)), dtype=np.int64)


class FileReader:
    """
    Compares files with their sizes and digests.

    :param progress: Told how far it is, in bytes.
    """

    def __init__(self, files: OpenFiles, progress: ReportStep) -> None:
        self._files = files
        self._progress = progress
        self._done = 0
        self.bytes = sum(os.fstat(file.fileno()).st_size for file in files.values() if not isinstance(file, OSError))

    def problem(self, name: str, size: int, digest: bytes) -> str | None:
        """Return what is wrong with a file, or None."""
        file = self._files.get(name, FileNotFoundError())
        if isinstance(file, OSError):
            return "missing" if isinstance(file, FileNotFoundError) else f"cannot be read ({file.strerror})"
        found = os.fstat(file.fileno()).st_size
        if found != size:
            return f"expected {size} bytes, found {found}"
        try:
            return None if self._digest(file) == decode_lossy(digest) else "its checksum does not match"
        except OSError as error:
            return f"cannot be read ({error.strerror})"

    def _digest(self, file: BinaryIO) -> str:
        file.seek(0)
        digest = sha256()
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            self._done += len(block)
            self._progress("reading vectors", self._done, self.bytes)
        return digest.hexdigest()
