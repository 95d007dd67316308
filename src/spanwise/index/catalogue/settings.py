"""The entries of a catalogue's manifest, by key."""

import json
import sqlite3
from typing import Any, get_type_hints

from spanwise.index.catalogue.checksums import expression, insertion
from spanwise.index.catalogue.failures import StoredValueError
from spanwise.index.names import MAX_DIMENSION, require_number, shown
from spanwise.types import EmbedderIdentity

_KINDS = {"embedder": dict, "splitter": dict, "root": str, "index_type": str}
_READ = f"SELECT value, checksum IS {expression('manifest')} FROM manifest WHERE key = ?"
_WRITE = insertion("manifest", "REPLACE")


def read_setting(connection: sqlite3.Connection, key: str) -> Any:
    """
    Return the manifest's entry `key`, or None.

    :raises StoredValueError: If it is damaged.
    """
    row = connection.execute(_READ, (key,)).fetchone()
    if row is None:
        if key == "generation":
            msg = "its manifest has no generation"
            raise StoredValueError(msg)
        return None
    if not row[1]:
        msg = f"the entry {key!r} of its manifest is not as it was written"
        raise StoredValueError(msg)
    return _checked(key, json.loads(row[0]))


def _checked(key: str, value: Any) -> Any:
    """Return a value of the kind that its key has."""
    if key == "generation":
        return require_number(value, "the generation of its manifest", 0)
    if key == "dimension" and value is not None:
        return require_number(value, "the dimension of its manifest", 1, MAX_DIMENSION)
    kind = _KINDS.get(key)
    if kind is not None and value is not None and not isinstance(value, kind):
        msg = f"expected the entry {key!r} of its manifest as {kind.__name__}, found {shown(value)}"
        raise StoredValueError(msg)
    return _embedder(value) if key == "embedder" and value is not None else value


def _embedder(value: dict[str, Any]) -> dict[str, Any]:
    kinds = get_type_hints(EmbedderIdentity)
    if {name: type(entry) for name, entry in value.items()} != kinds:
        msg = f"expected the embedder's {', '.join(kinds)} in its manifest, found {shown(value)}"
        raise StoredValueError(msg)
    require_number(value["dimension"], "the embedder's dimension", 0, MAX_DIMENSION)
    require_number(value["max_tokens"], "the embedder's tokens", 1)
    return value


def write_settings(connection: sqlite3.Connection, settings: dict[str, Any]) -> None:
    """Set entries of the manifest; None deletes one."""
    for key, value in settings.items():
        if value is None:
            connection.execute("DELETE FROM manifest WHERE key = ?", (key,))
        else:
            connection.execute(_WRITE, (key, json.dumps(value)))
