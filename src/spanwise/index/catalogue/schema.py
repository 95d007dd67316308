"""The definitions in a catalogue, compared with those of its format: a stranger's could do more than hold rows."""

import sqlite3
from contextlib import closing
from functools import cache

from spanwise.index.catalogue.checksums import register
from spanwise.index.catalogue.failures import StoredValueError, decode_lossy
from spanwise.index.catalogue.migrations import fts_name, migrate

Definition = tuple[str, str, str, bytes | None]
_QUERY = "SELECT type, CAST(name AS BLOB), CAST(tbl_name AS BLOB), CAST(sql AS BLOB) FROM sqlite_schema"
_SHADOWS = ("data", "idx", "docsize", "config")


def changed_definitions(connection: sqlite3.Connection) -> set[str]:
    """Return the names of the definitions that are not as the catalogue's format has them."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return {name for _, name, *_ in _definitions(connection) ^ _expected(version)}


def require_schema(connection: sqlite3.Connection, *, strict: bool) -> None:
    """
    Refuse definitions that no index has, before any statement that could run them.

    :param strict: Whether to refuse damaged ones too; else only what could run something: views, triggers and virtual
        tables, and whatever takes the place of a table.
    :raises StoredValueError: If there is one.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    expected = _expected(version)
    foreign = _definitions(connection) - expected
    if not strict:
        foreign = {definition for definition in foreign if _can_run(definition)}
    elif not foreign:
        foreign = expected - _definitions(connection)
    if foreign:
        kind, name, *_ = min(foreign)
        msg = (
            f"expected the tables of format {version} in its catalogue and nothing else, found another {kind} {name!r}"
        )
        raise StoredValueError(msg)


def _can_run(definition: Definition) -> bool:
    kind, _, _, sql = definition
    words = b"" if sql is None else b" ".join(sql.upper().split())
    return kind not in {"table", "index"} or words.startswith(b"CREATE VIRTUAL") or b" VIEW " in words[:40]


@cache
def _expected(version: int) -> set[Definition]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        register(fresh)
        migrate(fresh, version)
        return _definitions(fresh)


def _definitions(connection: sqlite3.Connection) -> set[Definition]:
    """Return what is defined, but for FTS5's own tables, whose text differs by SQLite's version."""
    name = fts_name(connection)
    shadows = {f"{name}_{part}" for part in _SHADOWS}
    found = {
        (str(kind), decode_lossy(name), decode_lossy(table), None if sql is None else sql.replace(b'"', b""))
        for kind, name, table, sql in connection.execute(_QUERY)
    }
    return {entry for entry in found if entry[0] != "table" or entry[1] not in shadows or _can_run(entry)}
