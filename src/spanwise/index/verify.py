"""Reading a whole index and comparing it with its checksums."""

import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spanwise.index.durable import file_digest
from spanwise.index.rows import content_hash, unpack_text
from spanwise.index.vectors import FOLDER


def problems(connection: sqlite3.Connection, folder: Path) -> list[str]:
    """Return one line for each thing of one committed generation that is damaged."""
    return [
        *_catalogue(connection),
        *_texts(connection),
        *_files(connection, folder),
        *_structures(connection, folder),
        *_rows(connection),
    ]


def _catalogue(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA integrity_check(10)"):
        if line != "ok":
            yield f"catalogue: {line}"
    for table, number, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"catalogue: row {number} of {table} belongs to a row of {parent} that is not there"
    (documents,) = connection.execute("SELECT count(*) FROM documents").fetchone()
    (listed,) = connection.execute("SELECT count(*) FROM lexicon_docsize").fetchone()
    if documents != listed:
        yield f"full-text index: expected {documents} documents, found {listed}"


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    for file, packed in connection.execute(
        "SELECT file, text FROM files f LEFT JOIN source_texts s ON s.file_id = f.id"
    ):
        try:
            unpack_text(packed or b"")
        except (zlib.error, UnicodeDecodeError):
            yield f"source text of {file}: its checksum does not match"
    for doc_id, key, content in connection.execute(
        "SELECT doc_id, content_hash, content FROM documents WHERE content IS NOT NULL"
    ):
        if content_hash(content) != key:
            yield f"text of document {doc_id}: its checksum does not match"


def _files(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    for name, size, digest in connection.execute("SELECT name, bytes, sha256 FROM segments ORDER BY id"):
        found = _state(folder / FOLDER / name, size, digest)
        if found is not None:
            yield f"vector file {name}: {found}"


def _structures(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    for name, size, digest in connection.execute("SELECT name, bytes, sha256 FROM structures ORDER BY segment_id"):
        found = _state(folder / FOLDER / name, size, digest)
        if found is not None:
            yield f"FAISS file {name}: {found}; nothing is lost, its vectors are searched exactly until it is rebuilt"


def _state(file: Path, size: int, digest: str) -> str | None:
    """Return what is wrong with a file, or None."""
    if not file.exists():
        return "missing"
    if file.stat().st_size != size:
        return f"expected {size} bytes, found {file.stat().st_size}"
    return None if file_digest(file) == digest else "its checksum does not match"


def _rows(connection: sqlite3.Connection) -> Iterator[str]:
    """Compare the documents that have a vector with the rows that are not tombstones."""
    stored = [np.frombuffer(ids, dtype="<i8") for (ids,) in connection.execute("SELECT ids FROM segments")]
    dead = [number for (number,) in connection.execute("SELECT id FROM tombstones")]
    present = np.setdiff1d(np.concatenate([*stored, np.empty(0, dtype=np.int64)]), dead)
    expected = [number for (number,) in connection.execute("SELECT id FROM documents WHERE embedded")]
    lost = np.setdiff1d(expected, present)
    extra = np.setdiff1d(present, expected)
    if len(lost) or len(extra):
        yield f"vectors: {len(lost)} documents without their vector, {len(extra)} vectors without a document"
