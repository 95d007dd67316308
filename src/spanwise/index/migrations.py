"""The catalogue's tables, one numbered migration a function."""

import sqlite3
from collections.abc import Callable

from spanwise.index import checkpoint, checksums

APPLICATION_ID = 0x53504E57
"""Marks a SQLite file as a catalogue of ours ("SPNW")."""

LEXICON_OPTIONS = "tokenize='porter unicode61 remove_diacritics 2'"


def m001_first_tables(connection: sqlite3.Connection) -> None:
    """Files with their texts, documents with their full-text index, vector segments, tombstones, manifest."""
    for statement in _FIRST_TABLES:
        connection.execute(statement)


def m002_structures(connection: sqlite3.Connection) -> None:
    """FAISS structures, each derived from the vectors of one segment."""
    connection.execute("""CREATE TABLE structures (
        segment_id INTEGER PRIMARY KEY REFERENCES segments(id) ON DELETE CASCADE,
        name TEXT NOT NULL UNIQUE,
        description TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL
    )""")


def m003_checksums(connection: sqlite3.Connection) -> None:
    """A checksum for every row."""
    for table in ("manifest", "files", "source_texts", "documents", "segments", "structures"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN checksum INTEGER")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (m001_first_tables, m002_structures, m003_checksums)
FORMAT_VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the newest format in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for migration in MIGRATIONS[version:]:
        migration(connection)
    for table in checksums.COLUMNS:  # rows of an older format have none, or one over other columns
        connection.execute(f"UPDATE {table} SET checksum = {checksums.expression(table)}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    checkpoint.reached("before format")
    connection.execute("COMMIT")
    checkpoint.reached("after format")


# Ids of documents are never reused: vectors are matched to documents by them, and a deleted one stays in its segment
# until that is rewritten. Offsets are characters.
_FIRST_TABLES = (
    "CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "INSERT INTO manifest VALUES ('generation', '0')",
    """CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        file TEXT NOT NULL UNIQUE,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        title TEXT,
        page_starts TEXT
    )""",
    """CREATE TABLE source_texts (
        file_id INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE,
        text BLOB NOT NULL
    )""",
    """CREATE TABLE documents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        doc_id TEXT NOT NULL UNIQUE,
        file_id INTEGER REFERENCES files(id) ON DELETE CASCADE,
        start_at INTEGER,
        end_at INTEGER,
        page INTEGER,
        embedded INTEGER NOT NULL,
        content_hash INTEGER,
        content TEXT,
        meta TEXT,
        extra TEXT,
        blob BLOB
    )""",
    "CREATE INDEX documents_by_file ON documents(file_id, start_at)",
    "CREATE INDEX documents_by_content ON documents(content_hash) WHERE embedded",
    """CREATE TABLE segments (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        rows INTEGER NOT NULL,
        dimension INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        ids BLOB NOT NULL,
        norms BLOB
    )""",
    "CREATE TABLE tombstones (id INTEGER PRIMARY KEY)",
    f"""CREATE VIRTUAL TABLE lexicon USING fts5(
        content, content='documents', content_rowid='id', {LEXICON_OPTIONS}
    )""",
)
