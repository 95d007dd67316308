"""What depends on something that is damaged, in words."""

import sqlite3
from collections.abc import Sequence

from spanwise.index.care.catalogue_check import legible
from spanwise.index.rows import chunks, placeholders
from spanwise.pluralize import pluralize

NAMED = 3


def affected(connection: sqlite3.Connection, ids: Sequence[int]) -> str:
    """
    Say which documents these are: how many passages of which files, and how many others.

    :param ids: Document ids; those that are not in the catalogue are passed over.
    """
    files: dict[bytes, int] = {}
    others: list[bytes] = []
    for part in chunks(ids):
        found = connection.execute(
            f"""SELECT CAST(f.file AS BLOB), CAST(d.doc_id AS BLOB) FROM documents d NOT INDEXED
                LEFT JOIN files f ON f.id = d.file_id WHERE d.id IN ({placeholders(part)})""",
            part,
        )
        for file, doc_id in found:
            if file is None:
                others.append(doc_id)
            else:
                files[file] = files.get(file, 0) + 1
    said = []
    if files:
        said.append(
            f"{pluralize(sum(files.values()), 'passage')} of {pluralize(len(files), 'file')}: {listed(sorted(files))}"
        )
    if others:
        said.append(f"{pluralize(len(others), 'document')}: {listed(others)}")
    return "; ".join(said)


def listed(names: Sequence[bytes | str]) -> str:
    """Return the first names, and how many more there are."""
    shown = [name if isinstance(name, str) else legible(name) for name in names[:NAMED]]
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(shown) + more
