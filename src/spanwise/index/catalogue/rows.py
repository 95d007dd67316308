"""Reading and writing the catalogue's files and documents."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from spanwise.errors import UsageError
from spanwise.files.patterns import is_pattern, path_matcher
from spanwise.index.catalogue.checksums import insertion, text_checksum
from spanwise.index.catalogue.failures import StoredValueError
from spanwise.index.names import require_number, shown
from spanwise.index.records import FileRecord, Row, Stamp, Versions
from spanwise.source_fields import source_fields, source_from_fields
from spanwise.types import FileFilter, FileGlobs, Hit, Passage, SkippedFile, SourceText

T = TypeVar("T")
CHUNK = 500
_TEXT_LEVEL = 1
_LARGEST = 2**63 - 1  # integer of SQLite
MAX_TEXT_BYTES = 1 << 30
"""What a stored text may unpack to: a kilobyte of hostile data would become a megabyte."""

_FILE = insertion("files")
_SOURCE_TEXT = insertion("source_texts")
_CONVERSION = insertion("conversions")
_DOCUMENT = insertion("documents")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Yield `values` in lists of at most `size`, few enough for the placeholders of one statement."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


def placeholders(values: Sequence[object]) -> str:
    """Return "?, ?, ..." for an SQL list."""
    return ", ".join("?" * len(values))


def storable(text: str | None) -> str | bytes | None:
    """Return `text` as SQLite takes it; lone surrogates, which it refuses as text, go in as bytes to be cast."""
    if text is None or text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def content_hash(text: str) -> int:
    """Return a signed 64-bit hash by which equal texts are found."""
    return text_checksum(text.encode("utf-8", "surrogatepass"))


def as_filter(files: FileGlobs) -> FileFilter | None:
    """
    Return as a filter what may be given as one: a pattern of file paths, or several.

    :raises TypeError: If it is something else, such as a filter of Haystack's, which a `FaissDocumentStore` takes.
    """
    if files is None or isinstance(files, FileFilter):
        return files
    if isinstance(files, str):
        return FileFilter((files,))
    if isinstance(files, (Mapping, bytes)) or not isinstance(files, Iterable):
        found = type(files).__name__
    else:
        globs = tuple(files)
        found = next((type(glob).__name__ for glob in globs if not isinstance(glob, str)), "")
        if not found:
            return FileFilter(globs)
    msg = f"expected a glob on file paths, or a list of them, such as 'reports/*', found {found}"
    raise TypeError(msg)


def matching_files(connection: sqlite3.Connection, patterns: Sequence[str], shown: Callable[[str], str]) -> list[int]:
    """
    Return the ids of the files that one of the patterns matches, as in .gitignore; a path always matches itself.

    :param shown: Gives what a file is called, from its stored name.
    :raises UsageError: If a pattern is malformed: no file can meet it.
    """
    files = [(number, shown(file)) for number, file in connection.execute("SELECT id, file FROM files")]
    own = {name for _, name in files}.intersection(patterns)
    try:
        matches = path_matcher(tuple(pattern for pattern in patterns if pattern not in own or is_pattern(pattern)))
    except UsageError as error:
        raise UsageError(str(error), no_files=True) from error
    return [number for number, name in files if name in own or matches(name)]


def file_condition(wanted: FileFilter, ids: Sequence[int] | None = None) -> tuple[str, list[str | int]]:
    """
    Return the SQL condition (on `files` as f) and its values for a filter.

    :param ids: The files that its patterns match, if it has any.
    """
    conditions, values = ["f.id IS NOT NULL"], list[str | int]()
    if ids is not None:
        values.append(json.dumps(ids))
        conditions.append("f.id IN (SELECT value FROM json_each(?))")
    if wanted.suffixes is not None:
        values += [value for suffix in wanted.suffixes for value in (len(suffix), suffix)]
        endings = " OR ".join(["lower(substr(f.file, -?)) = ?"] * len(wanted.suffixes))
        conditions.append(f"({endings or 'FALSE'})")
    if wanted.since_ns is not None:  # 0 stands for a file that had only just changed when it was indexed
        values.append(max(-_LARGEST, min(wanted.since_ns, _LARGEST)))
        conditions.append("(f.mtime_ns = 0 OR f.mtime_ns >= ?)")
    return " AND ".join(conditions), values


def has_free_documents(connection: sqlite3.Connection) -> bool:
    """Whether there are documents that belong to no file."""
    return connection.execute("SELECT 1 FROM documents WHERE file_id IS NULL LIMIT 1").fetchone() is not None


def insert_source(
    connection: sqlite3.Connection, source: SourceText, size: int, mtime_ns: int, versions: Versions
) -> int:
    """Add a file with its text and that text's structure; returns the file's id."""
    fields = source_fields(source)
    pages = None if source.page_starts is None else json.dumps(fields["page_starts"])
    cursor = connection.execute(_FILE, (source.file, source.sha256, size, mtime_ns, storable(source.title), pages))
    file_id = int(cursor.lastrowid or 0)
    packed_text = zlib.compress(source.text.encode("utf-8", "surrogatepass"), _TEXT_LEVEL)
    connection.execute(_SOURCE_TEXT, (file_id, packed_text))
    structure = {name: fields[name] for name in ("page_labels", "parts", "has_lines", "warning", "wants_ocr")}
    packed = zlib.compress(json.dumps(structure).encode(), _TEXT_LEVEL)
    conversion = -versions.conversion if source.wants_ocr else versions.conversion
    connection.execute(_CONVERSION, (file_id, conversion, versions.splitting, packed))
    return file_id


def read_source(connection: sqlite3.Connection, file: str) -> SourceText | None:
    """Return the stored text of a file, or None if there is no such file."""
    found = connection.execute(
        """SELECT f.sha256, f.title, f.page_starts, s.text, c.structure FROM files f
           JOIN source_texts s ON s.file_id = f.id LEFT JOIN conversions c ON c.file_id = f.id WHERE f.file = ?""",
        (file,),
    ).fetchone()
    if found is None:
        return None
    digest, title, pages, packed, structure = found
    stored = {
        **_structure(structure, file),
        "text": unpack_text(_typed(packed, bytes, f"the source text of {file!r}")),
        "sha256": digest,
        "title": title,
        "page_starts": None if pages is None else json.loads(_typed(pages, str, f"the pages of {file!r}")),
    }
    try:
        return source_from_fields(file, stored)
    except ValueError as error:
        raise StoredValueError(str(error)) from error


def read_warnings(connection: sqlite3.Connection) -> list[SkippedFile]:
    """Return the files that were read in part, in the order of paths, and what is not in their texts."""
    found = connection.execute("SELECT file, structure FROM files f JOIN conversions c ON c.file_id = f.id ORDER BY 1")
    named = ((_typed(file, str, "a file's name"), packed) for file, packed in found)
    said = (SkippedFile(file, str(_structure(packed, file).get("warning", ""))) for file, packed in named)
    return [one for one in said if one.reason]


def _structure(packed: object, file: str) -> dict[str, Any]:
    what = f"the structure of {file!r}"
    return {} if packed is None else _typed(json.loads(unpack_text(_typed(packed, bytes, what))), dict, what)


def _title(stored: object, file: str) -> str | None:
    return None if stored is None else _typed(stored, str, f"the title of {file!r}")


def _typed(value: object, kind: type[T], what: str) -> T:
    if not isinstance(value, kind):
        msg = f"expected {what} as {kind.__name__}, found {shown(value)}"
        raise StoredValueError(msg)
    return value


def _passage(row: Sequence[Any]) -> Passage:
    """Return a passage; its slice is compared with the text that it stands in where answers are cited."""
    file, start, end, text, page, title = row
    name = _typed(file, str, "a file's name")
    first = require_number(start, f"the start of a passage of {name!r}", 0)
    last = require_number(end, f"the end of a passage of {name!r}", first + 1)
    page = None if page is None else require_number(page, f"the page of a passage of {name!r}", 0)
    return Passage(name, first, last, _typed(text, str, f"a passage of {name!r}"), page, _title(title, name))


def _file_record(row: Sequence[Any]) -> FileRecord:
    file, digest, size, mtime_ns, title, passages, conversion, splitting = row
    name = _typed(file, str, "a file's name")
    version = require_number(conversion, f"the version of the conversion of {name!r}", -(1 << 31))
    return FileRecord(
        name,
        _typed(digest, str, f"the digest of {name!r}"),
        require_number(size, f"the size of {name!r}", 0),
        require_number(mtime_ns, f"the time of {name!r}", -(1 << 63)),
        _title(title, name),
        passages,
        Versions(abs(version), require_number(splitting, f"the version of the splitting of {name!r}", 0)),
        wants_ocr=version < 0,
    )


def unpack_text(packed: bytes) -> str:
    """Return a stored source text."""
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(packed, MAX_TEXT_BYTES)
    if not unpacker.eof:
        more = bool(unpacker.unconsumed_tail)
        msg = f"a source text unpacks to more than {MAX_TEXT_BYTES:,} bytes" if more else "a source text is cut short"
        raise StoredValueError(msg)
    return text.decode("utf-8", "surrogatepass")


def read_files(connection: sqlite3.Connection, condition: str, values: Sequence[str | int]) -> dict[str, FileRecord]:
    """Return the files that meet an SQL condition (on `files` as f) by their paths, in the order of paths."""
    found = connection.execute(
        f"""SELECT file, sha256, size, mtime_ns, title, coalesce(n, 0), coalesce(conversion, 0), coalesce(splitting, 0)
           FROM files f LEFT JOIN conversions c ON c.file_id = f.id
           LEFT JOIN (SELECT file_id, count(*) AS n FROM documents WHERE file_id IS NOT NULL GROUP BY file_id) d
           ON d.file_id = f.id WHERE {condition} ORDER BY file""",
        values,
    )
    return {record.file: record for record in map(_file_record, found)}


def read_stamps(connection: sqlite3.Connection, files: Iterable[str]) -> dict[str, Stamp]:
    """Return the stamps of those of the files that there are."""
    query = "SELECT sha256, size, mtime_ns FROM files WHERE file = ?"
    found = {file: connection.execute(query, (file,)).fetchone() for file in files}
    return {file: Stamp(*row) for file, row in found.items() if row is not None}


def ids_of_files(connection: sqlite3.Connection, files: Iterable[str]) -> dict[str, int]:
    """Return the ids of those of the files that there are."""
    found = (connection.execute("SELECT file, id FROM files WHERE file = ?", (file,)).fetchone() for file in files)
    return dict(row for row in found if row is not None)


def insert_rows(connection: sqlite3.Connection, rows: Sequence[Row], file_ids: dict[str, int]) -> list[int]:
    """Add documents; returns the ids of those with a vector, ascending."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'documents'").fetchone()
    first = 1 if found is None else found[0] + 1
    connection.executemany(
        _DOCUMENT,
        (
            (
                number,
                row.doc_id,
                None if row.file is None else file_ids[row.file],
                row.start,
                row.end,
                row.page,
                row.embedded,
                None if row.content is None else content_hash(row.content),
                storable(row.meta),
                storable(row.extra),
                row.blob,
                storable(row.content),
            )
            for number, row in enumerate(rows, first)
        ),
    )
    # a trigger would do this row by row, five times slower
    connection.execute(
        "INSERT INTO documents_fts(rowid, content) SELECT id, content FROM documents WHERE id >= ?", (first,)
    )
    return [number for number, row in enumerate(rows, first) if row.embedded]


def delete_rows(connection: sqlite3.Connection, *, files: Iterable[str], doc_ids: Iterable[str]) -> int:
    """
    Delete files with their documents, and single documents; what is not there is passed over.

    :returns: How many files and documents were deleted.
    """
    leaving = [(file,) for file in files]
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS leaving (id INTEGER PRIMARY KEY)")
    connection.executemany(
        """INSERT OR IGNORE INTO leaving SELECT d.id FROM documents d JOIN files f ON f.id = d.file_id
           WHERE f.file = ?""",
        leaving,
    )
    connection.executemany(
        "INSERT OR IGNORE INTO leaving SELECT id FROM documents WHERE doc_id = ?", ((doc_id,) for doc_id in doc_ids)
    )
    connection.execute(
        """INSERT INTO documents_fts(documents_fts, rowid, content)
           SELECT 'delete', id, content FROM documents WHERE id IN (SELECT id FROM leaving)"""
    )
    connection.execute(
        "INSERT INTO tombstones SELECT id FROM documents WHERE embedded AND id IN (SELECT id FROM leaving)"
    )
    documents = connection.execute("DELETE FROM documents WHERE id IN (SELECT id FROM leaving)").rowcount
    connection.execute("DELETE FROM leaving")
    return documents + connection.executemany("DELETE FROM files WHERE file = ?", leaving).rowcount


def forget_words(connection: sqlite3.Connection) -> None:
    """Write the full-text index anew without the words of deleted documents, which stay in it until then."""
    connection.execute("INSERT INTO documents_fts(documents_fts) VALUES ('optimize')")


def delete_everything(connection: sqlite3.Connection) -> None:
    """Delete all files and documents; the vectors of the documents become tombstones."""
    connection.execute("INSERT INTO documents_fts(documents_fts) VALUES ('delete-all')")
    connection.execute("INSERT INTO tombstones SELECT id FROM documents WHERE embedded")
    connection.execute("DELETE FROM documents")
    connection.execute("DELETE FROM files")


_PASSAGE = """SELECT d.id, f.file, d.start_at, d.end_at, d.content, d.page, f.title
              FROM documents d JOIN files f ON f.id = d.file_id"""


def read_passages(connection: sqlite3.Connection, file: str) -> list[Passage]:
    """Return the passages of a file in the order of their offsets."""
    found = connection.execute(f"{_PASSAGE} WHERE f.file = ? ORDER BY d.start_at, d.id", (file,))
    return [_passage(row[1:]) for row in found]


def read_hits(connection: sqlite3.Connection, found: Iterable[tuple[int, float]]) -> list[Hit]:
    """Return the passages with these document ids and scores, in the order given."""
    scores = dict(found)
    passages: dict[int, Passage] = {}
    for part in chunks(scores):
        for row in connection.execute(f"{_PASSAGE} WHERE d.id IN ({placeholders(part)})", part):
            passages[row[0]] = _passage(row[1:])
    if len(passages) != len(scores):
        msg = "its full-text index or its vectors name passages that it does not have"
        raise StoredValueError(msg)
    return [Hit(passages[number], score) for number, score in scores.items()]


def ids_by_text(connection: sqlite3.Connection, texts: Sequence[str]) -> dict[str, int]:
    """Return the id of a document with a vector for each text that one has exactly."""
    wanted = {content_hash(text): text for text in texts}
    found: dict[str, int] = {}
    for part in chunks(wanted):  # of very many documents with one text, one is looked at
        rows = connection.execute(
            f"""SELECT id, content_hash, content FROM documents WHERE id IN
                (SELECT max(id) FROM documents WHERE embedded AND content_hash IN ({placeholders(part)})
                GROUP BY content_hash)""",
            part,
        )
        found.update({content: number for number, key, content in rows if content == wanted[key]})
    return found
