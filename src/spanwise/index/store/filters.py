"""
Haystack's metadata filters: decided by SQLite where it surely decides as Haystack does, by Haystack itself elsewhere.

SQLite is sure of comparisons of a metadata key, the content or the id with plain texts, numbers and None. Of another
comparison with a metadata key, Haystack decides once for each value that the key has, and SQLite finds these values.
What is left (an embedding, a value that cannot be compared, which is an error) Haystack decides document by document.
"""

import math
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np
from haystack import Document
from haystack.errors import FilterError
from haystack.utils.filters import document_matches_filter
from numpy.typing import NDArray

from spanwise.index.catalogue.rows import chunks
from spanwise.index.store.documents import FROM, PLACE_COLUMNS, read_documents
from spanwise.index.store.metadata import dump_json, load_value
from spanwise.index.vectors.segments import View

Filters = dict[str, Any]

_EXACT = 1 << 53  # beyond it, SQLite's numbers and Python's may differ
_MOST_PARTS, _MOST_LEVELS = 300, 10  # of a filter in SQL; SQLite refuses statements that are much larger
_AMONG = "{} IN (SELECT value FROM json_each(?)) IS TRUE"
_ORDERS = (">", ">=", "<", "<=")
_ATTRIBUTES = {field.name for field in fields(Document)}
_PLAIN_KEY = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]+')
_PLAIN_TEXT = re.compile(r'[^"\\\x00-\x1f\x7f\ud800-\udfff]*')
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def check_filters(filters: Any) -> Filters | None:
    """
    Check a filter to its last part, which Haystack does only as far as the documents lead it.

    :param filters: A comparison or a logic dictionary; None or an empty one matches everything.
    :returns: The filter, or None for everything.
    :raises FilterError: If anything in it is not as Haystack defines it.
    """
    if filters is None or filters == {}:
        return None
    for part in _parts(filters):
        if "field" not in part:
            _matches({**part, "conditions": []}, Document(id=""))
        elif not isinstance(part["field"], str):
            msg = f"expected the name of a field, found {part['field']!r} in {part!r}"
            raise FilterError(msg)
        else:  # what a value does not bear in comparison with itself, it bears in none
            _matches({**part, "field": "meta.value"}, Document(id="", meta={"value": part.get("value")}))
    return dict(filters)


@dataclass(frozen=True, slots=True)
class Selection:
    """
    The documents of one generation that a filter matches.

    :param connection: In a read transaction.
    :param view: The vectors of the same generation.
    :param filters: Checked; None for everything.
    """

    connection: sqlite3.Connection
    view: View
    filters: Filters | None = None

    @property
    def ids(self) -> NDArray[np.int64]:
        """
        Their ids, ascending; read-only. *Shape:* (n,), int64.

        :raises FilterError: If a value cannot be compared as the filter asks.
        """
        return self.view.selections.get(
            repr(self.filters), lambda: np.array(_matching(self.connection, self.view, self.filters), np.int64)
        )

    @property
    def allowed(self) -> NDArray[np.int64] | None:
        """Their ids, or None for those of all documents."""
        return None if self.filters is None else self.ids


def _matching(connection: sqlite3.Connection, view: View, filters: Filters | None) -> list[int]:
    parts = _conjuncts(filters)
    is_small = filters is None or sum(1 for _ in _parts(filters)) <= _MOST_PARTS
    tried = (_sql(connection, part) for part in parts if is_small)
    decided = [sql for sql in takewhile(bool, tried) if sql is not None]
    where = " AND ".join(sql.text for sql in decided) or "TRUE"
    values = [value for sql in decided for value in sql.values]
    ids = [number for (number,) in connection.execute(f"SELECT d.id {FROM} WHERE {where} ORDER BY d.id", values)]
    rest = parts[len(decided) :]
    return _evaluated(connection, view, {"operator": "AND", "conditions": rest}, ids) if rest else ids


def _conjuncts(filters: Filters | None) -> list[Filters]:
    """Return the conditions that all must hold, in their order: Haystack stops at the first that does not."""
    if filters is None:
        return []
    return list(filters["conditions"]) if "field" not in filters and filters["operator"] == "AND" else [filters]


def _evaluated(connection: sqlite3.Connection, view: View, filters: Filters, ids: Sequence[int]) -> list[int]:
    """Return those of the ids whose documents match, as Haystack evaluates them."""
    named = {str(part.get("field")).split(".", maxsplit=1)[0] for part in _parts(filters)}
    embedded = view if "embedding" in named else None
    return [
        number
        for part in chunks(ids)
        for number, document in zip(part, read_documents(connection, embedded, part), strict=True)
        if _matches(filters, document)
    ]


def _matches(filters: Filters, document: Document) -> bool:
    try:
        return document_matches_filter(filters, document)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"expected values that can be compared as {filters!r} asks, found others: {error}"
        raise FilterError(msg) from error


def _parts(filters: Any) -> Iterator[Filters]:
    """Yield a filter and every condition in it."""
    if not isinstance(filters, dict):
        msg = f"expected a filter as a dictionary, found {type(filters).__name__}: {filters!r}"
        raise FilterError(msg)
    yield filters
    if "field" not in filters:
        conditions = filters.get("conditions")
        if not isinstance(conditions, list):
            msg = f"expected a comparison with a 'field', or 'conditions' as a list, found {filters!r}"
            raise FilterError(msg)
        for condition in conditions:
            yield from _parts(condition)


class _Sql(NamedTuple):
    """A condition that is true or false, never NULL."""

    text: str
    values: tuple[str | float, ...] = ()


def _sql(connection: sqlite3.Connection, condition: Filters, level: int = 0) -> _Sql | None:
    """Return a filter as SQL that is true of what it matches and of nothing else, or None if there is none."""
    if "field" in condition:
        return _comparison(connection, condition)
    parts = condition["conditions"]
    if level > _MOST_LEVELS:
        return None
    made = [sql for sql in takewhile(bool, (_sql(connection, part, level + 1) for part in parts)) if sql is not None]
    if len(made) < len(parts):
        return None
    is_or = condition["operator"] == "OR"
    text = (" OR " if is_or else " AND ").join(f"({sql.text})" for sql in made) or ("FALSE" if is_or else "TRUE")
    values = tuple(value for sql in made for value in sql.values)
    return _Sql(f"NOT ({text})" if condition["operator"] == "NOT" else f"({text})", values)


def _comparison(connection: sqlite3.Connection, condition: Filters) -> _Sql | None:
    field = _field(condition["field"])
    if field is None:
        return None
    return _sure(connection, field, condition["operator"], condition["value"]) or _asked(connection, field, condition)


def _sure(connection: sqlite3.Connection, field: "_Field", operator: str, wanted: Any) -> _Sql | None:
    """Return a comparison that SQLite makes as Haystack does, or None."""
    if field.is_inner:
        return None
    if operator not in _ORDERS:
        equal = _one_of(field, wanted if operator in {"in", "not in"} else [wanted])
        return equal if equal is None or operator in {"==", "in"} else _Sql(f"NOT {equal.text}", equal.values)
    if wanted is None:
        return _Sql("FALSE")
    texts = f"SELECT 1 {FROM} WHERE typeof({field.value}) = 'text' LIMIT 1"  # Haystack reads dates in them, or refuses
    if not _is_exact_number(wanted) or connection.execute(texts).fetchone():
        return None
    return _Sql(f"({field.value} {operator} ?) IS TRUE", (wanted,))


def _one_of(field: "_Field", wanted: Sequence[Any]) -> _Sql | None:
    numbers = [one for one in wanted if _is_exact_number(one)]
    texts = [f'"{one}"' for one in wanted if _is_plain_text(one)]
    nones = [one for one in wanted if one is None]
    if len(numbers) + len(texts) + len(nones) < len(wanted):
        return None
    tests = [_AMONG.format(column) for column, found in ((field.value, numbers), (field.quoted, texts)) if found]
    tests += [f"{field.value} IS NULL"] if nones else []
    return _Sql(f"({' OR '.join(tests) or 'FALSE'})", tuple(dump_json(found) for found in (numbers, texts) if found))


def _asked(connection: sqlite3.Connection, field: "_Field", condition: Filters) -> _Sql | None:
    """Return the values that match as Haystack decides, each asked for once; None if it refuses one."""
    if field.probe is None:
        return None
    asked = {**condition, "field": field.probe}
    matching: list[str] = []
    tests = [_AMONG.format(field.quoted)]
    try:
        for (text,) in connection.execute(f"SELECT DISTINCT {field.quoted} {FROM}"):
            if text is None:
                tests += [f"{field.quoted} IS NULL"] if _matches(asked, Document(id="")) else []
            elif _matches(asked, Document(id="", meta={"value": load_value(text)})):
                matching.append(text)
        values = dump_json(matching)
        values.encode()
    except (FilterError, UnicodeEncodeError):
        return None
    return _Sql(f"({' OR '.join(tests)})", (values,))


class _Field(NamedTuple):
    """
    The SQL of a field's value.

    :param quoted: As JSON, NULL where it is not there; of the content and the id their text in quotation marks.
    :param value: As text, number or NULL.
    :param probe: What it is called in a document whose meta["value"] is the value of the JSON; None if it is none.
    :param is_inner: Whether it stands within that value.
    """

    quoted: str
    value: str
    probe: str | None = None
    is_inner: bool = False


def _field(field: str) -> _Field | None:
    if field in {"content", "id"}:
        column = "d.content" if field == "content" else "d.doc_id"
        return _Field(f"""('"' || {column} || '"')""", column)
    first, *path = field.split(".")
    name, *inner = path or [first]
    if field in _ATTRIBUTES or (path and first != "meta") or not _PLAIN_KEY.fullmatch(name):
        return None
    where = "'$.\"{}\"'".format(name.replace("'", "''"))
    quoted, value = f"d.meta -> {where}", f"d.meta ->> {where}"
    if name in PLACE_COLUMNS:  # what `update_by_filter` set, null too, goes before the place
        own = f"CASE WHEN json_type(d.meta, {where}) IS NOT NULL THEN {{}} WHEN d.file_id IS NOT NULL THEN {{}} END"
        quoted, value = own.format(quoted, f"json_quote({PLACE_COLUMNS[name]})"), own.format(value, PLACE_COLUMNS[name])
    return _Field(f"({quoted})", f"({value})", ".".join(["meta.value", *inner]), bool(inner))


def _is_exact_number(wanted: Any) -> bool:
    return isinstance(wanted, (bool, int, float)) and math.isfinite(wanted) and abs(wanted) < _EXACT


def _is_plain_text(wanted: Any) -> bool:
    """Whether a text is the same within quotation marks in JSON, and is not compared as a date."""
    return isinstance(wanted, str) and _PLAIN_TEXT.fullmatch(wanted) is not None and not _DATE.match(wanted)
