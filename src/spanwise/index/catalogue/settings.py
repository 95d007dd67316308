"""The entries of a catalogue's manifest, by key."""

import json
import sqlite3
from typing import Any

from spanwise.index.catalogue.checksums import expression, insertion
from spanwise.index.catalogue.failures import StoredValueError

_READ = f"SELECT value, checksum IS {expression('manifest')} FROM manifest WHERE key = ?"
_WRITE = insertion("manifest", ("key", "value"), "REPLACE")


def read_setting(connection: sqlite3.Connection, key: str) -> Any:
    """
    Return the manifest's entry `key`, or None.

    :raises StoredValueError: If it is damaged.
    """
    row = connection.execute(_READ, (key,)).fetchone()
    if row is None:
        return None
    if not row[1]:
        msg = f"the entry {key!r} of its manifest is not as it was written"
        raise StoredValueError(msg)
    return json.loads(row[0])


def write_settings(connection: sqlite3.Connection, settings: dict[str, Any]) -> None:
    """Set entries of the manifest; None deletes one."""
    for key, value in settings.items():
        if value is None:
            connection.execute("DELETE FROM manifest WHERE key = ?", (key,))
        else:
            connection.execute(_WRITE, (key, json.dumps(value)))
