"""What a passage and the text of its file tell of each other, where one of them is damaged."""

import json
import sqlite3

from spanwise.index import rows
from spanwise.index.care.salvage_rows import readable
from spanwise.index.checksums import expression, text_checksum
from spanwise.types import Passage

WHOLE_TEXT = "content_hash IS text_checksum(CAST(content AS BLOB))"
_COLUMNS = (
    *("id", "doc_id", "file_id", "start_at", "end_at", "page", "embedded"),
    *("content_hash", "content", "meta", "extra", "blob", "checksum"),
)


def restore_texts(connection: sqlite3.Connection, ids: list[int]) -> int:
    """
    Take the text of passages from the texts of their files where only the passages' own copies are damaged.

    :param ids: Document ids.
    :returns: How many were restored.
    """
    wrong = f"""SELECT id, file_id, start_at, end_at, content_hash FROM old.documents NOT INDEXED
                WHERE rowid IN (SELECT value FROM json_each(?)) AND checksum IS {expression("documents")}
                AND NOT {WHOLE_TEXT} AND file_id IN (SELECT file_id FROM main.source_texts)"""
    restored = 0
    for number, file_id, start, end, key in list(readable(connection, wrong, ids)):
        (packed,) = connection.execute("SELECT text FROM main.source_texts WHERE file_id = ?", (file_id,)).fetchone()
        content = rows.unpack_text(packed)[start:end].encode("utf-8", "surrogatepass")
        if text_checksum(content) == key:
            restored += _copy(connection, number, "content", content)
    return restored


def restore_ids(connection: sqlite3.Connection, ids: list[int]) -> int:
    """
    Compute the ids of passages from their places and texts where nothing but the id is damaged.

    :param ids: Document ids, in the sense of the catalogue.
    :returns: How many were restored.
    """
    wrong = f"""SELECT d.id, f.file, d.start_at, d.end_at, CAST(d.content AS BLOB)
                FROM (SELECT * FROM old.documents NOT INDEXED WHERE rowid IN (SELECT value FROM json_each(?))
                      AND checksum IS NOT {expression("documents")} AND {WHOLE_TEXT}) d
                JOIN main.files f ON f.id = d.file_id"""
    restored = 0
    for number, file, start, end, content in list(readable(connection, wrong, ids)):
        doc_id = Passage(file, start, end, content.decode("utf-8", "surrogatepass")).id
        restored += _copy(connection, number, "doc_id", doc_id.encode())
    return restored


def patch_sources(connection: sqlite3.Connection) -> list[str]:
    """
    Put the texts of files together from their passages, which hold all of them but white space.

    Files that have neither a text nor passages are left out.

    :returns: The files whose text was put together.
    """
    query = "SELECT id, file, page_starts FROM main.files WHERE id NOT IN (SELECT file_id FROM main.source_texts)"
    patched = []
    for file_id, file, pages in connection.execute(query).fetchall():
        passages = connection.execute(
            "SELECT start_at, end_at, content FROM main.documents WHERE file_id = ? ORDER BY start_at", (file_id,)
        ).fetchall()
        if passages:
            rows.insert_text(connection, file_id, _joined(passages, json.loads(pages)[-1] if pages else 0))
            patched.append(file)
        else:
            connection.execute("DELETE FROM main.files WHERE id = ?", (file_id,))
    return patched


def _joined(passages: list[tuple[int, int, str]], least: int) -> str:
    """Return a text of at least `least` characters with each passage at its place, and line breaks between them."""
    parts, at = [], 0
    for start, end, content in passages:
        if end > at:
            parts.append("\n" * (start - at))
            parts.append(content[max(0, at - start) :])
            at = end
    return "".join(parts) + "\n" * (least - at)


def _copy(connection: sqlite3.Connection, number: int, column: str, value: bytes) -> int:
    """Copy a document with another value in one column, if its checksum is right then; returns how many were."""
    names = {column: "CAST(?2 AS TEXT)"}
    selected = ", ".join(names.get(name, name) for name in _COLUMNS)
    statement = f"""INSERT OR IGNORE INTO main.documents ({", ".join(_COLUMNS)}) SELECT {selected}
                    FROM old.documents NOT INDEXED WHERE id = ?1 AND checksum IS {expression("documents", names)}"""
    return connection.execute(statement, (number, value)).rowcount
