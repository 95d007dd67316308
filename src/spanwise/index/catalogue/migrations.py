"""The catalogue's tables, one numbered migration a function."""

import sqlite3
from collections.abc import Callable

from spanwise.files.failpoint import failpoint
from spanwise.index.catalogue import checksums

APPLICATION_ID = 0x53504E57
"""Marks a SQLite file as a catalogue of ours ("SPNW")."""

FTS_OPTIONS = "tokenize='porter unicode61 remove_diacritics 2'"


def m001_first_tables(connection: sqlite3.Connection) -> None:
    """Files with their texts, documents with their full-text index, vector segments, tombstones, manifest."""
    for statement in _FIRST_TABLES:
        connection.execute(statement)


def m002_structures(connection: sqlite3.Connection) -> None:
    """FAISS files, each derived from the vectors of one segment."""
    connection.execute("""CREATE TABLE structures (
        segment_id INTEGER PRIMARY KEY REFERENCES segments(id) ON DELETE CASCADE,
        name TEXT NOT NULL UNIQUE,
        description TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL
    )""")


def m003_checksums(connection: sqlite3.Connection) -> None:
    """A checksum for every row."""
    for table in checksums.COLUMNS.keys() - {"conversions"}:
        stored = {"faiss_indexes": "structures"}.get(table, table)  # as it was called then
        connection.execute(f"ALTER TABLE {stored} ADD COLUMN checksum INTEGER")
        connection.execute(f"UPDATE {stored} SET checksum = {checksums.expression(table)}")


def m004_names(connection: sqlite3.Connection) -> None:
    """The full-text index and the table of FAISS files under the names that their kind has elsewhere."""
    connection.execute("ALTER TABLE lexicon RENAME TO documents_fts")
    connection.execute("ALTER TABLE structures RENAME TO faiss_indexes")


def m005_conversions(connection: sqlite3.Connection) -> None:
    """Which versions made a file's text and passages, and the text's structure; a file without a row is of none."""
    connection.execute("""CREATE TABLE conversions (
        file_id INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE,
        conversion INTEGER NOT NULL,
        splitting INTEGER NOT NULL,
        structure BLOB NOT NULL,
        checksum INTEGER
    )""")


def m006_first_rows(_: sqlite3.Connection) -> None:
    """A FAISS file may have the first rows of its segment only: versions before would find nothing in the others."""


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    m001_first_tables,
    m002_structures,
    m003_checksums,
    m004_names,
    m005_conversions,
    m006_first_rows,
)
FORMAT_VERSION = len(MIGRATIONS)
READABLE_VERSION = 3
"""The oldest format that is read as it is, where an index cannot be written."""


def migrate(connection: sqlite3.Connection, version: int = FORMAT_VERSION) -> None:
    """Bring the tables to a format, the newest if no other is asked for, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    for migration in MIGRATIONS[found:version]:
        migration(connection)
        failpoint(migration.__name__)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")
    failpoint("before format")
    connection.execute("COMMIT")
    failpoint("after format")


def fts_name(connection: sqlite3.Connection) -> str:
    """Return what the full-text index is called in the catalogue's format."""
    return "documents_fts" if _has(connection, m004_names) else "lexicon"


def name_as_now(connection: sqlite3.Connection) -> bool:
    """
    Let a connection for reading find in an older format the tables of now, by their names.

    :param connection: In a transaction, so that the format stays what it is.
    :returns: Whether the format is an older one.
    """
    if _has(connection, MIGRATIONS[-1]):
        return False
    connection.execute("PRAGMA query_only = OFF")
    if not _has(connection, m004_names):
        connection.execute("CREATE TEMP VIEW faiss_indexes AS SELECT * FROM main.structures")
        connection.execute(
            "CREATE TEMP VIEW documents_fts AS SELECT rowid, rank, lexicon AS documents_fts FROM main.lexicon"
        )
    if not _has(connection, m005_conversions):
        columns = ", ".join(f"NULL AS {column}" for column in (*checksums.COLUMNS["conversions"], "checksum"))
        connection.execute(f"CREATE TEMP VIEW conversions AS SELECT {columns} WHERE FALSE")
    connection.execute("PRAGMA query_only = ON")
    return True


def _has(connection: sqlite3.Connection, migration: Callable[[sqlite3.Connection], None]) -> bool:
    """Return whether the catalogue's format is that of a migration, or a later one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return bool(version > MIGRATIONS.index(migration))


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
        content, content='documents', content_rowid='id', {FTS_OPTIONS}
    )""",
)
