"""Which values a metadata field has."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from functools import reduce
from typing import Any

from spanwise.index.store.documents import read_metas
from spanwise.index.store.metadata import value_key

_TYPES = ((bool, "boolean"), (int, "int"), (float, "float"), (date, "date"))


def field_values(connection: sqlite3.Connection, field: str, ids: Sequence[int] | None) -> list[Any]:
    """
    Return the values that documents have in a field.

    :param field: Its name, with or without "meta."; dots lead into dictionaries.
    :param ids: The documents to read, or None for all.
    """
    path = field.removeprefix("meta.").split(".")
    found = (reduce(_item, path, meta) for meta in read_metas(connection, ids))
    return [value for value in found if value is not None]


def _item(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def field_types(metas: Iterable[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return {"type": ...} for every metadata field: boolean, int, float, date or keyword."""
    return {
        key: {"type": next((name for kind, name in _TYPES if isinstance(value, kind)), "keyword")}
        for meta in metas
        for key, value in meta.items()
        if value is not None
    }


def bounds(values: Iterable[Any]) -> dict[str, Any]:
    """Return the "min" and the "max" of numbers, dates or texts; None where they have no order."""
    ordered = [value for value in values if isinstance(value, (int, float, str, date))]
    try:
        return {"min": min(ordered, default=None), "max": max(ordered, default=None)}
    except TypeError:
        return {"min": None, "max": None}


def distinct(values: Iterable[Any], search_term: str = "") -> list[Any]:
    """
    Return each value once, sorted as text.

    :param search_term: Text that a value must contain, in any case.
    """
    unique = {value_key(value): value for value in values if search_term.lower() in str(value).lower()}
    return sorted(unique.values(), key=lambda value: (str(value), type(value).__name__))
