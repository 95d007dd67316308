"""A catalogue written anew: every committed row as it is, and all that follows from these rows made again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from spanwise.files.failpoint import failpoint
from spanwise.index.catalogue import rows
from spanwise.index.catalogue.checksums import COLUMNS, WRONG_TEXT, expression
from spanwise.index.catalogue.connections import CATALOGUE, open_database, remove_database
from spanwise.index.catalogue.failures import damaged, decode_lossy, require_damage, translated
from spanwise.index.catalogue.migrations import migrate
from spanwise.index.catalogue.room import require_room
from spanwise.index.catalogue.schema import require_schema
from spanwise.index.catalogue.settings import read_setting, write_settings
from spanwise.index.vectors.segments import vector_ids
from spanwise.text.pluralize import listed, pluralize

REPAIRED = f"{CATALOGUE}.repaired"
DERIVED = {"conversions", "segments", "faiss_indexes", "tombstones"}
"""Tables whose rows can be made again; what else cannot be read is lost."""
_UNTIL = "until the folder is indexed again"


def rewrite_catalogue(folder: Path) -> tuple[list[str], list[str]]:
    """
    Write the catalogue anew in one atomic commit; the caller holds the writer's lock.

    SQL indexes, the full-text index and tombstones are made again, and texts of passages from those of their files. A
    file with damage to its entry or its text is taken out with its passages: the next sync reads it as a new one. Whose
    another passage was that is taken out cannot be told, so that every file is marked to be read again. A damaged
    document of no file is left as it is.

    :returns: One line for each thing that was restored, and for each that is lost.
    :raises IndexStateError: If its texts or documents cannot be read, or its manifest is damaged; nothing is changed.
    """
    new = folder / REPAIRED
    size = (folder / CATALOGUE).stat().st_size
    with translated(folder, 2 * size):
        require_room(folder, folder, 2 * size, "repairing")
        remove_database(new)
        _require_tables(folder / CATALOGUE)
        try:
            with closing(open_database(new, "mode=rwc")) as connection:
                _attach(connection, folder / CATALOGUE)
                highest = _copy(connection, folder)
                connection.execute("DETACH old")
                connection.execute("BEGIN")
                rewritten = _take_out(connection)
                _derive(connection, highest)
                connection.execute("COMMIT")
                failpoint("catalogue rewritten")
                _replace(connection, folder / CATALOGUE)
                failpoint("catalogue replaced")
        finally:
            remove_database(new)
    return rewritten


def _require_tables(file: Path) -> None:
    """Refuse to read what only looks like a table, and could be anything."""
    with closing(open_database(file, "mode=rw")) as connection:
        connection.execute("PRAGMA writable_schema = ON")  # which reads on where a definition is damaged
        require_schema(connection, strict=False)


def _attach(connection: sqlite3.Connection, damaged_file: Path) -> None:
    """Make the tables of a fresh catalogue, and let the damaged one be read beside them, as "old"."""
    with damaged_file.open("rb") as file:
        page_size = int.from_bytes(file.read(18)[16:], "big")  # the two must agree; 1 stands for 65536
    connection.execute(f"PRAGMA main.page_size = {65536 if page_size == 1 else page_size}")
    connection.execute("PRAGMA main.synchronous = OFF")
    connection.execute("PRAGMA main.journal_mode = MEMORY")
    migrate(connection)  # before the other is there: its transaction would be one of both
    connection.execute("PRAGMA writable_schema = ON")  # which reads on where the definition of an index is damaged
    connection.execute("ATTACH ? AS old", (f"{damaged_file.absolute().as_uri()}?mode=rw",))


def _copy(connection: sqlite3.Connection, folder: Path) -> int:
    """Copy every row as it is; returns the highest id that a document ever had, as far as the old catalogue says."""
    for table in (*COLUMNS, "tombstones"):
        connection.execute(f"DELETE FROM main.{table}")
        try:
            # without a condition SQLite would copy the pages of the table's indexes too, which may be what is damaged
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM old.{table} NOT INDEXED WHERE TRUE")
        except sqlite3.Error as error:
            if table not in DERIVED and isinstance(error, sqlite3.IntegrityError):
                raise damaged(folder, f"a row of its {table} is not whole ({error})") from error
            require_damage(error)
            if table not in DERIVED:
                raise
            if table == "tombstones":
                compute_tombstones(connection)
    wrong = f"SELECT 1 FROM manifest WHERE checksum IS NOT {expression('manifest')}"
    if connection.execute(wrong).fetchone():
        raise damaged(folder, "its manifest is lost, and with it which embedder and which folder it belongs to")
    write_settings(connection, {"generation": int(read_setting(connection, "generation")) + 1})
    query = "SELECT coalesce(max(seq), 0) FROM old.sqlite_sequence WHERE typeof(seq) = 'integer'"
    try:
        return int(connection.execute(query).fetchone()[0])
    except sqlite3.Error as error:
        require_damage(error)
        return 0


def _take_out(connection: sqlite3.Connection) -> tuple[list[str], list[str]]:
    """Restore texts of passages, take out what is damaged of files, and find what is damaged of other documents."""
    lost = []
    known = [number for (number,) in connection.execute("SELECT id FROM documents UNION SELECT id FROM tombstones")]
    vanished = np.setdiff1d(vector_ids(connection), np.array(known, dtype=np.int64))
    wrong_entry = f"checksum IS NOT {expression('documents')}"
    whole_texts = f"SELECT file_id FROM source_texts WHERE checksum IS {expression('source_texts')}"
    restored = _restore_texts(connection, f"NOT {wrong_entry} AND {WRONG_TEXT} AND file_id IN ({whole_texts})")
    found = connection.execute(
        f"""SELECT id, CAST(file AS BLOB) FROM files WHERE checksum IS NOT {expression("files")}
            OR id NOT IN ({whole_texts}) ORDER BY file"""
    ).fetchall()
    for statement in ("documents WHERE file_id", "files WHERE id"):
        connection.executemany(f"DELETE FROM {statement} = ?", ((number,) for number, _ in found))
    if found:
        names = listed([decode_lossy(file) for _, file in found])
        lost.append(f"{pluralize(len(found), 'file')} with all passages, {_UNTIL}: {names}")
    taken = connection.execute(
        f"""DELETE FROM documents WHERE file_id IS NOT NULL
            AND ({wrong_entry} OR {WRONG_TEXT} OR file_id NOT IN (SELECT id FROM files))"""
    ).rowcount
    for table in ("source_texts", "conversions"):
        connection.execute(f"DELETE FROM {table} WHERE file_id NOT IN (SELECT id FROM files)")
    wrong = f"DELETE FROM conversions WHERE checksum IS NOT {expression('conversions')}"
    structures = connection.execute(wrong).rowcount
    connection.execute("DELETE FROM faiss_indexes WHERE segment_id NOT IN (SELECT id FROM segments)")
    taken += len(vanished)
    if taken:
        lost.append(f"{pluralize(taken, 'passage')}, {_UNTIL}")
        connection.execute("UPDATE files SET sha256 = '', mtime_ns = 0")
        connection.execute(f"UPDATE files SET checksum = {expression('files')}")
    if structures:
        lost.append(f"the structure of the text of {pluralize(structures, 'file')}, {_UNTIL}")
    left = f"SELECT CAST(doc_id AS BLOB) FROM documents WHERE file_id IS NULL AND ({wrong_entry} OR {WRONG_TEXT})"
    documents = [decode_lossy(doc_id) for (doc_id,) in connection.execute(left)]
    if documents:
        lost.append(f"{pluralize(len(documents), 'document')} of no file, to be written again: {listed(documents)}")
    return [f"restored the text of {pluralize(restored, 'passage')}"] if restored else [], lost


def _restore_texts(connection: sqlite3.Connection, condition: str) -> int:
    """Make the texts of passages again as slices of the texts of their files; returns how many were restored."""
    query = f"""SELECT d.id, d.start_at, d.end_at, d.content_hash, s.text
                FROM (SELECT * FROM documents WHERE {condition}) d JOIN source_texts s USING (file_id)"""
    restored = 0
    for number, start, end, key, packed in connection.execute(query).fetchall():
        text = rows.unpack_text(packed)[start:end]
        if rows.content_hash(text) == key:
            connection.execute(
                "UPDATE documents SET content = CAST(? AS TEXT) WHERE id = ?", (rows.storable(text), number)
            )
            restored += 1
    return restored


def _derive(connection: sqlite3.Connection, highest: int) -> None:
    """Compute the tombstones, the number from which new documents are counted, and the full-text index."""
    compute_tombstones(connection)
    (counted,) = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence").fetchone()
    connection.execute("DELETE FROM sqlite_sequence")
    highest = max(highest, counted, *vector_ids(connection)[-1:].tolist())
    connection.execute("INSERT INTO sqlite_sequence VALUES ('documents', ?)", (highest,))
    connection.execute("INSERT INTO documents_fts(documents_fts) VALUES ('rebuild')")


def compute_tombstones(connection: sqlite3.Connection) -> None:
    """Write the tombstones anew: the ids of vectors that belong to no document."""
    embedded = [number for (number,) in connection.execute("SELECT id FROM documents WHERE embedded")]
    dead = np.setdiff1d(vector_ids(connection), np.array(embedded, dtype=np.int64))
    connection.execute("DELETE FROM tombstones")
    connection.executemany("INSERT INTO tombstones VALUES (?)", ((number,) for number in dead.tolist()))


def _replace(connection: sqlite3.Connection, damaged_file: Path) -> None:
    """Copy the fresh catalogue over the damaged one in one transaction, which readers elsewhere see whole."""
    with closing(open_database(damaged_file, "mode=rw")) as live:
        live.execute("PRAGMA writable_schema = ON")
        live.execute("PRAGMA synchronous = FULL")
        connection.backup(live)
