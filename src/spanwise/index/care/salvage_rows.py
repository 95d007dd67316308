"""Copying what can be read of a damaged catalogue, attached as "old", into a fresh one."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from typing import Any

from spanwise.index.checksums import expression
from spanwise.index.failures import require_damage

STEP = 512
_AMONG = "IN (SELECT value FROM json_each(?))"
_ROWIDS = {"files": "file", "documents": "file_id", "source_texts": "file_id", "segments": "name", "structures": "name"}


def listed_ids(connection: sqlite3.Connection, table: str) -> list[int]:
    """Return the ids of a table's rows, ascending, found from both ends of the table and by an index of it."""
    found: set[int] = set()
    for way in ("NOT INDEXED ORDER BY rowid", "NOT INDEXED ORDER BY rowid DESC", f"ORDER BY {_ROWIDS[table]}"):
        try:
            found.update(number for (number,) in connection.execute(f"SELECT rowid FROM old.{table} {way}"))
        except sqlite3.Error as error:
            require_damage(error)
    return sorted(found)


def copy_rows(connection: sqlite3.Connection, table: str, ids: Collection[int], condition: str = "TRUE") -> None:
    """
    Copy the rows that can be read and are as their checksums say.

    :param condition: SQL of what else must be true of them.
    """
    statement = f"""INSERT OR IGNORE INTO main.{table} SELECT * FROM old.{table} NOT INDEXED
                    WHERE rowid {_AMONG} AND checksum IS {expression(table)} AND ({condition})"""
    for _ in readable(connection, statement, list(ids)):
        pass


def readable(connection: sqlite3.Connection, statement: str, ids: list[int]) -> Iterator[tuple[Any, ...]]:
    """
    Yield the rows of a statement, run for `STEP` ids at a time; where it fails, for ever fewer.

    :param statement: Its one value is the JSON list of the ids.
    """
    for at in range(0, len(ids), STEP):
        yield from _halved(connection, statement, ids[at : at + STEP])


def _halved(connection: sqlite3.Connection, statement: str, ids: list[int]) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(statement, (json.dumps(ids),)).fetchall()
    except sqlite3.Error as error:
        require_damage(error)
    if len(ids) == 1:
        return []
    middle = len(ids) // 2
    return _halved(connection, statement, ids[:middle]) + _halved(connection, statement, ids[middle:])
