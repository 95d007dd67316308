"""A damaged catalogue, written anew from every row of it that is as it was written."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spanwise.index import catalogue as db
from spanwise.index import checkpoint
from spanwise.index.care.catalogue_check import legible
from spanwise.index.care.health import Progress
from spanwise.index.care.salvage_passages import WHOLE_TEXT, patch_sources, restore_ids, restore_texts
from spanwise.index.care.salvage_rows import copy_rows, listed_ids, readable
from spanwise.index.care.vector_check import joined
from spanwise.index.checksums import expression, refresh
from spanwise.index.failures import damaged, require_damage, translated
from spanwise.index.migrations import migrate

REPAIRED = f"{db.CATALOGUE}.repaired"


@dataclass(slots=True)
class Salvage:
    """
    What became of a catalogue.

    :param patched_files: Files whose text was put together from their passages, with line breaks between these.
    :param lost_files: Files that could not be kept, with their passages.
    :param lost_passages: How many passages could not be kept, those of lost files aside.
    :param lost_documents: Ids of documents of no file that could not be kept.
    :param restored_passages: How many passages were restored from the text of their file, or by their own text.
    """

    patched_files: list[str] = field(default_factory=list)
    lost_files: list[str] = field(default_factory=list)
    lost_passages: int = 0
    lost_documents: list[str] = field(default_factory=list)
    restored_passages: int = 0


def salvage(folder: Path, tell: Progress) -> Salvage:
    """
    Write the catalogue anew in one atomic commit; the caller holds the writer's lock.

    Everything derived is made again: SQL indexes, the full-text index, tombstones. Files that lost something are
    marked, so that the next sync reads them again.

    :raises DamagedIndexError: If nothing can be saved; nothing is changed then.
    """
    new = folder / REPAIRED
    with translated(folder):
        _remove(new)
        try:
            connection = db.open_file(new, "mode=rwc")
            try:
                _attach(connection, folder / db.CATALOGUE)
                saved = _copy(connection, folder, tell)
                connection.execute("DETACH old")
                checkpoint.reached("catalogue salvaged")
                tell("replacing the catalogue", 0, 0)
                _replace(connection, folder / db.CATALOGUE)
                checkpoint.reached("catalogue replaced")
            finally:
                connection.close()
        finally:
            _remove(new)
    return saved


def _attach(connection: sqlite3.Connection, damaged_file: Path) -> None:
    """Make the tables of a fresh catalogue, and let the damaged one be read beside them, as "old"."""
    with damaged_file.open("rb") as file:
        page_size = int.from_bytes(file.read(18)[16:], "big")  # the two must agree; 1 stands for 65536
    connection.execute(f"PRAGMA main.page_size = {65536 if page_size == 1 else page_size}")
    connection.execute("PRAGMA main.synchronous = OFF")
    connection.execute("PRAGMA main.journal_mode = MEMORY")
    migrate(connection)  # before the other is there: its transaction would be one of both
    connection.execute("PRAGMA writable_schema = ON")  # which reads on where a part cannot be read
    connection.execute("ATTACH ? AS old", (f"{damaged_file.absolute().as_uri()}?mode=rw",))


def _replace(connection: sqlite3.Connection, damaged_file: Path) -> None:
    """Copy the fresh catalogue over the damaged one in one transaction, which readers elsewhere see whole."""
    live = db.open_file(damaged_file, "mode=rw")
    try:
        live.execute("PRAGMA writable_schema = ON")
        live.execute("PRAGMA synchronous = FULL")
        connection.backup(live)
    finally:
        live.close()


def _copy(connection: sqlite3.Connection, folder: Path, tell: Progress) -> Salvage:
    """Fill the fresh catalogue; not in one transaction, as SQLite writes no more in one that has met damage."""
    saved = Salvage()
    _copy_manifest(connection, folder)
    files = listed_ids(connection, "files")
    copy_rows(connection, "files", files)
    copy_rows(connection, "source_texts", _kept(connection, "files"), "file_id IN (SELECT id FROM main.files)")
    documents = listed_ids(connection, "documents")
    tell("saving documents", 0, 0)
    of_kept_file = "file_id IS NULL OR file_id IN (SELECT id FROM main.files)"
    copy_rows(connection, "documents", documents, f"({of_kept_file}) AND {WHOLE_TEXT}")
    saved.restored_passages = restore_texts(connection, documents) + restore_ids(connection, documents)
    copy_rows(connection, "segments", listed_ids(connection, "segments"))
    with_segment = "segment_id IN (SELECT id FROM main.segments)"
    copy_rows(connection, "structures", listed_ids(connection, "structures"), with_segment)
    saved.patched_files = patch_sources(connection)
    mark_for_reading(connection, saved.patched_files)
    files = sorted({*files, *_name_lost_documents(connection, documents, saved)})
    _name_lost_files(connection, files, saved)
    if not _kept(connection, "documents") and (saved.lost_files or saved.lost_passages or saved.lost_documents):
        raise damaged(folder, "no passage or document in its catalogue can be read")
    if saved.lost_passages:  # whose they were cannot be told
        mark_for_reading(connection, [file for (file,) in connection.execute("SELECT file FROM main.files")])
    _derive(connection)
    tell("building the full-text index", 0, 0)
    connection.execute("INSERT INTO lexicon(lexicon) VALUES ('rebuild')")
    return saved


def _copy_manifest(connection: sqlite3.Connection, folder: Path) -> None:
    query = f"SELECT key, checksum IS {expression('manifest')} FROM old.manifest"
    try:
        sound = dict(connection.execute(query).fetchall())
    except sqlite3.Error as error:
        require_damage(error)
        sound = {}
    if not all(sound.values()) or "generation" not in sound:
        raise damaged(folder, "its manifest is lost, and with it which embedder and which folder it belongs to")
    connection.execute("REPLACE INTO main.manifest SELECT * FROM old.manifest")
    db.write_settings(connection, {"generation": int(db.read_setting(connection, "generation")) + 1})


def _name_lost_files(connection: sqlite3.Connection, files: list[int], saved: Salvage) -> None:
    kept = _kept(connection, "files")
    lost = [number for number in files if number not in kept]
    query = "SELECT id, CAST(file AS BLOB) FROM old.files WHERE id IN (SELECT value FROM json_each(?))"
    names = {number: legible(name) for number, name in readable(connection, query, lost)}
    saved.lost_files = sorted(names.get(number, f"number {number}") for number in lost)


def _name_lost_documents(connection: sqlite3.Connection, documents: list[int], saved: Salvage) -> set[int]:
    """Count the documents that are not kept, though no file of theirs is lost; returns the ids of files that are."""
    kept, files = _kept(connection, "documents"), _kept(connection, "files")
    lost = [number for number in documents if number not in kept]
    query = f"""SELECT CAST(doc_id AS BLOB), file_id, checksum IS {expression("documents")}
                FROM old.documents NOT INDEXED WHERE rowid IN (SELECT value FROM json_each(?))"""
    of_lost_files = []
    for doc_id, file_id, sound in readable(connection, query, lost):
        if file_id is None and legible(doc_id).isprintable():
            saved.lost_documents.append(legible(doc_id))
        elif sound and file_id not in files:
            of_lost_files.append(file_id)
    vanished = set(_vectors(connection).tolist()) - kept - set(documents) - _tombstones(connection)
    saved.lost_passages = len(lost) - len(of_lost_files) - len(saved.lost_documents) + len(vanished)
    return set(of_lost_files)


def _derive(connection: sqlite3.Connection) -> None:
    """Compute the tombstones, and the number from which new documents are counted."""
    stored = _vectors(connection)
    embedded = [number for (number,) in connection.execute("SELECT id FROM main.documents WHERE embedded")]
    dead = np.setdiff1d(stored, np.array(embedded, dtype=np.int64))
    connection.executemany("INSERT INTO main.tombstones VALUES (?)", ((number,) for number in dead.tolist()))
    (highest,) = connection.execute("SELECT coalesce(max(id), 0) FROM main.documents").fetchone()
    try:
        found = connection.execute("SELECT max(seq) FROM old.sqlite_sequence WHERE typeof(seq) = 'integer'").fetchone()
    except sqlite3.Error as error:
        require_damage(error)
        found = (None,)
    highest = max(highest, found[0] or 0, *stored[-1:].tolist())
    connection.execute("DELETE FROM main.sqlite_sequence")
    connection.execute("INSERT INTO main.sqlite_sequence VALUES ('documents', ?)", (highest,))


def mark_for_reading(connection: sqlite3.Connection, files: Collection[str]) -> None:
    """Let the next sync take these files for changed ones."""
    connection.executemany("UPDATE files SET sha256 = '', mtime_ns = 0 WHERE file = ?", ((file,) for file in files))
    refresh(connection, "files", "file", files)


def _kept(connection: sqlite3.Connection, table: str) -> set[int]:
    return {number for (number,) in connection.execute(f"SELECT id FROM main.{table}")}


def _tombstones(connection: sqlite3.Connection) -> set[int]:
    try:
        return {number for (number,) in connection.execute("SELECT id FROM old.tombstones")}
    except sqlite3.Error as error:
        require_damage(error)
        return set()


def _vectors(connection: sqlite3.Connection) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return the ids of all rows of the kept segments, ascending."""
    found = connection.execute("SELECT ids FROM main.segments").fetchall()
    return np.unique(joined(np.frombuffer(ids, dtype="<i8") for (ids,) in found))


def _remove(new: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        new.with_name(new.name + suffix).unlink(missing_ok=True)
