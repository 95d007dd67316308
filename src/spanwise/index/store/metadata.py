"""Metadata as JSON: every JSON type, tuples, non-finite numbers, dates and times come back as they went in."""

import json
import math
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

_WRITERS: tuple[tuple[type, str, Callable[[Any], Any]], ...] = (
    (datetime, "$datetime", datetime.isoformat),  # before date, of which it is a kind
    (date, "$date", date.isoformat),
    (time, "$time", time.isoformat),
    (tuple, "$tuple", lambda value: [_pack(item) for item in value]),
)
_READERS: dict[str, Callable[[Any], Any]] = {
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$tuple": lambda value: tuple(_unpack(item) for item in value),
    "$float": float,
    "$dict": lambda value: {key: _unpack(item) for key, item in value.items()},
}


def dump_meta(meta: dict[str, Any]) -> str:
    """
    Return metadata as the text that is stored.

    :raises ValueError: If it holds anything but JSON types, tuples, dates and times; the message names the key.
    """
    packed = {}
    for key, value in meta.items():
        try:
            packed[_checked_key(key)] = _pack(value)
        except ValueError as error:
            msg = f"meta[{key!r}]: {error}"
            raise ValueError(msg) from error
    return dump_json(packed)


def load_meta(text: str) -> dict[str, Any]:
    """Return the metadata of which `dump_meta` made `text`."""
    return {key: _unpack(value) for key, value in json.loads(text).items()}


def load_value(text: str) -> Any:
    """Return one value of stored metadata, as new objects."""
    return _unpack(json.loads(text))


def dump_json(value: Any) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def value_key(value: Any) -> str:
    """Return a text that tells values apart by type too: 1, 1.0, "1" and true are four."""
    return json.dumps(_pack(value), sort_keys=True)


def _pack(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, list):
        return [_pack(item) for item in value]
    if isinstance(value, dict):
        packed = {_checked_key(key): _pack(item) for key, item in value.items()}
        return {"$dict": packed} if len(packed) == 1 and next(iter(packed)) in _READERS else packed
    for kind, tag, write in _WRITERS:
        if isinstance(value, kind):
            return {tag: write(value)}
    msg = f"expected JSON types, tuples, dates or times, found {type(value).__name__}: convert it"
    raise ValueError(msg)


def _checked_key(key: Any) -> str:
    if not isinstance(key, str):
        msg = f"expected keys of type str, found {key!r}: convert it"
        raise ValueError(msg)
    return key


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (tag,) = value
        if tag in _READERS:
            return _READERS[tag](value[tag])
    return {key: _unpack(item) for key, item in value.items()}
