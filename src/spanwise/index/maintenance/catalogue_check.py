"""Reading a whole catalogue: its pages, its tables, every row with its checksum, and its full-text index."""

import re
import sqlite3
from collections.abc import Iterator

from spanwise.index.catalogue.checksums import WRONG_TEXT, expression
from spanwise.index.catalogue.failures import decode_lossy, require_damage
from spanwise.index.catalogue.migrations import FTS_OPTIONS, fts_name
from spanwise.index.catalogue.schema import changed_definitions
from spanwise.index.maintenance.health import Finding, FindingKind, IndexPart
from spanwise.progress import ReportStep

_INTEGRITY_LINES = 20
_DERIVED_LINE = re.compile(r"\bindex\b|free-?list|never used", re.IGNORECASE)
_FILE = "(SELECT file FROM files f WHERE f.id = file_id)"
_OF_FILE = f"coalesce({_FILE}, 'number ' || file_id)"
# Of each table the part of the index that its rows are of, the SQL of a row's name, and the words around that.
_TABLES: dict[str, tuple[IndexPart, str, str]] = {
    "manifest": ("manifest", "key", "manifest: the entry {} is not as it was written"),
    "files": ("files", "file", "file {}: its entry is not as it was written"),
    "source_texts": ("files", _OF_FILE, "source text of {}: its checksum does not match"),
    "documents": (
        "documents",
        f"coalesce('passage ' || start_at || ':' || end_at || ' of ' || {_FILE}, 'document ' || doc_id)",
        "{}: its entry is not as it was written",
    ),
    "segments": ("vectors", "name", "vector file {}: its entry in the catalogue is not as it was written"),
    "conversions": ("files", _OF_FILE, "structure of {}: its entry is not as it was written"),
    "faiss_indexes": ("structures", "name", "FAISS file {}: its entry in the catalogue is not as it was written"),
}


def catalogue_findings(connection: sqlite3.Connection, progress: ReportStep) -> Iterator[Finding]:
    """
    Examine everything that the catalogue holds.

    :param connection: For reading; a read-only folder will do.
    """
    progress("checking the catalogue", 0, 0)
    yield from guarded("catalogue", _schema(connection))
    yield from guarded("catalogue", _integrity(connection))
    yield from guarded("catalogue", _references(connection))
    for table, (part, name, message) in _TABLES.items():
        progress(f"checking {table.replace('_', ' ')}", 0, 0)
        yield from guarded(part, _rows(connection, table, part, name, message))
    yield from guarded("files", _missing_texts(connection))
    yield from guarded("catalogue", _sequence(connection))
    progress("checking the full-text index", 0, 0)
    yield from _words(connection)


def guarded(part: IndexPart, found: Iterator[Finding]) -> Iterator[Finding]:
    """Yield findings; where SQLite cannot read on, that is the last one."""
    try:
        yield from found
    except sqlite3.Error as error:
        require_damage(error)
        yield Finding("damage", part, f"{part}: cannot be read ({error})")
    except (TypeError, ValueError) as error:  # a value is of another type than was written
        yield Finding("damage", part, f"{part}: cannot be read ({error})")


def _schema(connection: sqlite3.Connection) -> Iterator[Finding]:
    changed = changed_definitions(connection)
    if changed:
        yield Finding("derived", "catalogue", f"catalogue: the definition of {', '.join(sorted(changed))} differs")


def _integrity(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = connection.execute(f"PRAGMA integrity_check({_INTEGRITY_LINES})")
    lines = [line for (text,) in rows for line in text.splitlines() if line != "ok" and not line.startswith("***")]
    derived = [line for line in lines if _DERIVED_LINE.search(line)]
    damage = [line for line in lines if line not in derived]
    if damage:
        yield Finding("damage", "catalogue", f"catalogue: {_first(damage)}")
    if derived:
        yield Finding("derived", "catalogue", f"catalogue: {_first(derived)}")


def _first(lines: list[str]) -> str:
    return lines[0] if len(lines) == 1 else f"{lines[0]}; and {len(lines) - 1} more such lines"


def _references(connection: sqlite3.Connection) -> Iterator[Finding]:
    for table, number, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        message = f"catalogue: row {number} of {table} belongs to a row of {parent} that is not there"
        yield Finding(_kind(table), "catalogue", message)


def _kind(table: str) -> FindingKind:
    """Return what is damaged with a row of a table; FAISS files, called structures once, can be made again."""
    return "derived" if table in {"faiss_indexes", "structures"} else "damage"


def _rows(connection: sqlite3.Connection, table: str, part: IndexPart, name: str, message: str) -> Iterator[Finding]:
    """Compare every row with its checksum, and the texts of documents with theirs."""
    text = WRONG_TEXT if table == "documents" else "FALSE"
    wrong = f"checksum IS NOT {expression(table)} AS wrong_entry, {text} AS wrong_text"
    query = f"""SELECT CAST({name} AS BLOB), wrong_entry FROM (SELECT *, {wrong} FROM {table} NOT INDEXED)
                WHERE wrong_entry OR wrong_text"""
    for found, entry in connection.execute(query):
        words = message if entry else "text of {}: its checksum does not match"
        yield Finding(_kind(table), part, words.format(decode_lossy(found)))


def _missing_texts(connection: sqlite3.Connection) -> Iterator[Finding]:
    query = "SELECT CAST(file AS BLOB) FROM files WHERE id NOT IN (SELECT file_id FROM source_texts)"
    for (found,) in connection.execute(query):
        yield Finding("damage", "files", f"source text of {decode_lossy(found)}: missing")


def _sequence(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Check that the next document gets an id that none ever had."""
    row = connection.execute("SELECT seq, typeof(seq) FROM sqlite_sequence WHERE name = 'documents'").fetchone()
    (highest,) = connection.execute("SELECT coalesce(max(id), 0) FROM documents").fetchone()
    if highest and (row is None or row[1] != "integer" or row[0] < highest):
        found = "none" if row is None else row[0]
        yield Finding("derived", "catalogue", f"catalogue: expected ids given up to {highest} at least, found {found}")


def _words(connection: sqlite3.Connection) -> Iterator[Finding]:
    """
    Compare the full-text index with the texts.

    FTS5 checks itself by a statement that counts as writing, so it is given a copy of its index in a temporary table.
    """
    message = "full-text index: it does not match the texts of the documents"
    connection.execute("PRAGMA query_only = OFF")
    connection.execute("SAVEPOINT examination")
    try:
        connection.execute("CREATE TEMP VIEW examined_texts AS SELECT id, content FROM main.documents")
        connection.execute(
            f"CREATE VIRTUAL TABLE temp.examined USING fts5("
            f"content, content='examined_texts', content_rowid='id', {FTS_OPTIONS})"
        )
        for part in ("data", "idx", "docsize", "config"):
            connection.execute(f"DELETE FROM temp.examined_{part}")
            connection.execute(f"REPLACE INTO temp.examined_{part} SELECT * FROM main.{fts_name(connection)}_{part}")
        connection.execute("INSERT INTO temp.examined(examined, rank) VALUES ('integrity-check', 1)")
    except sqlite3.Error as error:
        require_damage(error)
        yield Finding("derived", "words", message)
    finally:
        connection.execute("ROLLBACK TO examination")
        connection.execute("RELEASE examination")
        connection.execute("PRAGMA query_only = ON")
