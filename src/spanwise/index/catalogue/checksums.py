"""Checksums of rows: SQLite does not notice a bit that flips in a value it holds."""

import sqlite3
from collections.abc import Iterable, Mapping
from hashlib import blake2b

COLUMNS = {
    "manifest": ("key", "value"),
    "files": ("file", "sha256", "size", "mtime_ns", "title", "page_starts"),
    "source_texts": ("file_id", "text"),
    "documents": (
        *("id", "doc_id", "file_id", "start_at", "end_at", "page", "embedded", "content_hash", "meta", "extra", "blob"),
    ),
    "segments": ("name", "rows", "dimension", "bytes", "sha256", "ids", "norms"),
    "conversions": ("file_id", "conversion", "splitting", "structure"),
    "faiss_indexes": ("segment_id", "name", "description", "bytes", "sha256"),
}
"""
What the checksum of a row covers. The text of a document has one of its own, `content_hash`, by which equal texts are
found. Tombstones have none: they follow from the ids of segments and documents.
"""

WRONG_TEXT = "content_hash IS NOT text_checksum(CAST(content AS BLOB))"
"""The condition, on `documents`, of a text that is not as it was written."""

_TYPED = {"documents": ("content",)}  # of these the checksum covers only whether they are text or NULL
_MAYBE_BYTES = {"title", "content", "meta", "extra"}  # texts that `rows.storable` may have turned into bytes


def expression(table: str, names: Mapping[str, str] | None = None) -> str:
    """
    Return the SQL that computes the checksum of a row of `table`.

    :param names: What stands for each column, where that is not its name.
    """
    names = {} if names is None else names
    values = [names.get(column, column) for column in COLUMNS[table]]
    kinds = [*values, *(names.get(column, column) for column in _TYPED.get(table, ()))]
    typed = " || ',' || ".join(f"typeof({kind})" for kind in kinds)
    return f"row_checksum({typed}, {', '.join(f'CAST({value} AS BLOB)' for value in values)})"


def insertion(table: str, verb: str = "INSERT") -> str:
    """Return the statement that adds a row with its checksum, given its `COLUMNS`, and of a document its text last."""
    columns = (*COLUMNS[table], *_TYPED.get(table, ()))
    names = {
        column: f"CAST(?{number} AS TEXT)" if column in _MAYBE_BYTES else f"?{number}"
        for number, column in enumerate(columns, 1)
    }
    return (
        f"{verb} INTO {table} ({', '.join(columns)}, checksum) "
        f"VALUES ({', '.join(names.values())}, {expression(table, names)})"
    )


def refresh(connection: sqlite3.Connection, table: str, column: str, values: Iterable[str | int]) -> None:
    """Compute the checksums of the rows of `table` whose `column` is one of `values` anew."""
    connection.executemany(
        f"UPDATE {table} SET checksum = {expression(table)} WHERE {column} = ?", ((value,) for value in values)
    )


def register(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that these statements call."""
    connection.create_function("row_checksum", -1, _row_checksum, deterministic=True)
    connection.create_function(
        "text_checksum", 1, lambda data: None if data is None else text_checksum(data), deterministic=True
    )


def text_checksum(data: bytes) -> int:
    """Return the signed 64-bit checksum of a text's UTF-8."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little", signed=True)


def _row_checksum(kinds: str, *values: bytes | None) -> int:
    """Return 64 bits of BLAKE2b over the types of a row's values and their bytes, each with its length before it."""
    digest = blake2b(kinds.encode(), digest_size=8)
    for value in values:
        if value is not None:
            digest.update(b"%d:" % len(value))
            digest.update(value)
    return int.from_bytes(digest.digest(), "little", signed=True)
