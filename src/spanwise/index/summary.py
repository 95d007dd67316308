"""What an index holds, in numbers."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from spanwise.index.catalogue.settings import read_setting
from spanwise.index.faiss.index_types import AUTO, resolve_type
from spanwise.index.records import Summary


def read_summary(connection: sqlite3.Connection, path: Path) -> Summary:
    """Return the numbers of one committed generation."""

    def number(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    recorded = str(read_setting(connection, "index_type") or AUTO)
    vectors = number("SELECT coalesce(sum(rows), 0) FROM segments")
    faiss_indexes = number("SELECT count(*) FROM faiss_indexes")
    return Summary(
        format_version=number("PRAGMA user_version"),
        generation=int(read_setting(connection, "generation")),
        files=number("SELECT count(*) FROM files"),
        unread=number("SELECT count(*) FROM files WHERE sha256 = ''"),
        documents=number("SELECT count(*) FROM documents"),
        vectors=vectors,
        tombstones=number("SELECT count(*) FROM tombstones"),
        segments=number("SELECT count(*) FROM segments"),
        structures=faiss_indexes,
        index_type=recorded,
        resolved_type=resolve_type(recorded, vectors, structured=faiss_indexes > 0),
        bytes=size_bytes(path),
    )


def size_bytes(path: Path) -> int:
    """Return the size of an index's files, in bytes."""
    total = 0
    for entry in path.rglob("*"):
        with suppress(FileNotFoundError):  # a commit has just removed it
            status = entry.lstat()
            total += status.st_size if S_ISREG(status.st_mode) else 0
    return total
