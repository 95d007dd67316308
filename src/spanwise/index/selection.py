"""The documents that a filter matches, found by reading only the fields it asks for."""

import re
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from haystack import Document

from spanwise.index.catalogue.rows import chunks
from spanwise.index.documents import FROM, PLACE, read_documents
from spanwise.index.filters import Condition
from spanwise.index.metadata import load_value
from spanwise.index.pushdown import narrowed
from spanwise.index.vectors.lru_cache import Ids
from spanwise.index.vectors.segments import View

_ATTRIBUTES = {"blob", "content", "embedding", "id", "meta", "score", "sparse_embedding"}
_SCALARS = {"content": "d.content", "id": "d.doc_id"}
_READABLE = {"content": "json_quote(d.content)", "id": "json_quote(d.doc_id)"}
_PLAIN_KEY = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]+')
_MEMO = 100_000


def matching_ids(connection: sqlite3.Connection, view: View, condition: Condition | None) -> Ids:
    """
    Return the ids of the documents that a filter matches, ascending.

    :returns: Read-only. *Shape:* (n,), int64.
    :raises FilterError: If a value cannot be compared as the filter asks.
    """
    return view.selections.get(repr(condition), lambda: np.array(_matching(connection, view, condition), np.int64))


def _matching(connection: sqlite3.Connection, view: View, condition: Condition | None) -> list[int]:
    if condition is None:
        return [number for (number,) in connection.execute("SELECT id FROM documents ORDER BY id")]
    fields = list(dict.fromkeys(condition.fields()))
    columns = [_column(field) for field in fields]
    if any(column is None for column in columns):
        return _matching_whole(connection, view, condition)
    memo: dict[tuple[str | None, ...], bool] = {}
    found = []
    selected = ", ".join(["d.id", *map(str, columns)])
    where, wanted = narrowed(condition, _value)
    for number, *texts in connection.execute(f"SELECT {selected} {FROM} WHERE {where} ORDER BY d.id", wanted):
        key = tuple(texts)
        matched = memo.get(key)
        if matched is None:
            values = {field: read_path(field, text) for field, text in zip(fields, texts, strict=True)}
            matched = condition.matches(values.__getitem__)
            if len(memo) < _MEMO:
                memo[key] = matched
        if matched:
            found.append(number)
    return found


def field_values(connection: sqlite3.Connection, view: View, field: str, ids: Sequence[int] | None) -> list[Any]:
    """
    Return the values of one metadata field, None where it is not there, as new objects.

    :param field: Its name, with or without "meta.".
    :param ids: The documents to read, or None for all.
    """
    name = field if field.startswith("meta.") else f"meta.{field}"
    column = _column(name)
    if column is None:
        every = _matching(connection, view, None) if ids is None else ids
        return [field_of(document, name) for document in read_documents(connection, None, every)]
    wanted = None if ids is None else set(ids)
    found = connection.execute(f"SELECT d.id, {column} {FROM} ORDER BY d.id")
    return [read_path(name, text) for number, text in found if wanted is None or number in wanted]


def _matching_whole(connection: sqlite3.Connection, view: View, condition: Condition) -> list[int]:
    """Evaluate a filter on fields that must be read as a whole document, such as the embedding."""
    found = []
    for part in chunks(_matching(connection, view, None)):
        for number, document in zip(part, read_documents(connection, view, part), strict=True):
            if condition.matches(partial(field_of, document)):
                found.append(number)
    return found


def _column(field: str) -> str | None:
    """Return the SQL that reads the JSON of a field, or None if there is none."""
    if field in _READABLE:
        return _READABLE[field]
    if field in _ATTRIBUTES:
        return None
    parts = field.split(".")
    if len(parts) > 1 and parts[0] != "meta":
        return "NULL" if parts[0] not in _ATTRIBUTES else None
    name = parts[1] if len(parts) > 1 else field
    if not _PLAIN_KEY.fullmatch(name):
        return None
    stored = _stored(name, "->")
    if name not in PLACE:
        return stored
    return f"coalesce({stored}, CASE WHEN d.file_id IS NOT NULL THEN json_quote({PLACE[name]}) END)"


def _value(field: str) -> str | None:
    """Return the SQL of a field's value, as `narrowed` asks for it, or None if there is none."""
    if field in _SCALARS:
        return _SCALARS[field]
    parts = field.split(".")
    if field in _ATTRIBUTES or len(parts) > 2 or (len(parts) == 2 and parts[0] != "meta"):
        return None
    name = parts[-1]
    return None if name in PLACE or not _PLAIN_KEY.fullmatch(name) else _stored(name, "->>")


def _stored(name: str, operator: str) -> str:
    return "d.meta {} '$.\"{}\"'".format(operator, name.replace("'", "''"))


def read_path(field: str, text: str | None) -> Any:
    """Return the value of a field from the JSON of its first part."""
    value = None if text is None else load_value(text)
    return _walk(value, field.split(".")[2:])


def field_of(document: Document, field: str) -> Any:
    """Return the value of a field as Haystack's filters name it: an attribute, a metadata key, or a path into one."""
    if field in _ATTRIBUTES:
        return getattr(document, field)
    if "." not in field:
        return document.meta.get(field)
    first, *path = field.split(".")
    return _walk(getattr(document, first) if first in _ATTRIBUTES else None, path)


def _walk(value: Any, path: list[str]) -> Any:
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value
