"""Every stored value is covered by a checksum, and every write keeps it."""

import sqlite3

import pytest

from older import record_root, to_second_format
from spanwise.errors import IndexStateError
from spanwise.index import Change, Index
from spanwise.index.catalogue.checksums import COLUMNS, expression
from spanwise.index.catalogue.connections import CATALOGUE, connect
from spanwise.index.records import Row

TOUCHED = [(table, column) for table, columns in COLUMNS.items() for column in columns]


def wrong_rows(folder):
    connection = connect(folder, writable=False)
    try:
        return {
            table: connection.execute(
                f"SELECT count(*) FROM {table} WHERE checksum IS NOT {expression(table)}"
            ).fetchone()[0]
            for table in COLUMNS
        }
    finally:
        connection.close()


def test_every_column_is_covered(filled):
    connection = sqlite3.connect(filled / CATALOGUE)
    for table, columns in COLUMNS.items():
        found = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
        assert found - set(columns) - {"id", "checksum"} == ({"content"} if table == "documents" else set())
    connection.close()


def test_every_way_of_writing_leaves_right_checksums(filled, make_change, unit_vectors):
    with Index.open(filled, writable=True) as index:
        index.apply(Change(touched=[("part 1/file0.txt", 5, 77)]))
        index.apply(Change(updated=[("free1", '{"b": "\ud800"}')]))
        index.apply(make_change({"new.txt": ["zebra"]}))
        record_root(index, "/elsewhere")
        index.set_type("ivf")
        rows = [Row("strange", "lone \ud800 surrogate", True, meta='{"\ud800": 1}', blob=b"\x00\xff", extra="{}")]
        index.apply(Change(rows=rows, vectors=unit_vectors(1)))
        index.compact()
        assert set(wrong_rows(filled).values()) == {0}
        assert index.verify() == []


@pytest.mark.parametrize(("table", "column"), TOUCHED, ids=lambda name: name)
def test_a_change_of_any_value_is_found(filled, table, column):
    connection = sqlite3.connect(filled / CATALOGUE)
    (rowid,) = connection.execute(
        f"SELECT {'key' if table == 'manifest' else 'rowid'} FROM {table} ORDER BY 1 LIMIT 1"
    ).fetchone()
    where = "key" if table == "manifest" else "rowid"
    changed = connection.execute(
        f"UPDATE {table} SET {column} = CASE typeof({column}) WHEN 'integer' THEN {column} + 1000 "
        f"WHEN 'null' THEN 7 ELSE {column} || 'x' END WHERE {where} = ?",
        (rowid,),
    ).rowcount
    connection.commit()
    connection.close()
    assert changed == 1
    with Index.open(filled, check=False) as index:
        assert index.verify() != []


def test_a_text_that_became_bytes_is_found(filled):
    connection = sqlite3.connect(filled / CATALOGUE)
    connection.execute("UPDATE documents SET content = CAST(content AS BLOB) WHERE id = 1")
    connection.commit()
    connection.close()
    with Index.open(filled) as index:
        assert "its entry is not as it was written" in index.verify()[0]


def test_an_index_of_a_format_without_checksums_gets_them(filled, everything_of):
    with Index.open(filled) as index:
        before = everything_of(index)
    to_second_format(filled)
    with Index.open(filled, writable=True) as index:
        assert everything_of(index) == before
        assert index.verify() == []
    assert set(wrong_rows(filled).values()) == {0}


@pytest.mark.parametrize("key", ["embedder", "generation", "root"])
def test_a_damaged_setting_is_refused_by_every_command(filled, key):
    connection = sqlite3.connect(filled / CATALOGUE)
    connection.execute("UPDATE manifest SET value = value || ' ' WHERE key = ?", (key,))
    connection.commit()
    connection.close()
    with pytest.raises(IndexStateError, match=f"the entry '{key}' of its manifest"), Index.open(filled) as index:
        getattr(index, key)
