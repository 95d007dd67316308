"""Indexes as older versions of the program left them."""

import sqlite3

from spanwise.index.catalogue.checksums import COLUMNS
from spanwise.index.catalogue.connections import CATALOGUE
from spanwise.index.records import Change


def to_second_format(folder):
    """Take what formats 3 to 6 added out of an index."""
    connection = sqlite3.connect(folder / CATALOGUE)
    connection.execute("DROP TABLE conversions")
    for table in COLUMNS.keys() - {"conversions"}:
        connection.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
    connection.execute("ALTER TABLE documents_fts RENAME TO lexicon")
    connection.execute("ALTER TABLE faiss_indexes RENAME TO structures")
    connection.execute("PRAGMA user_version = 2")
    connection.close()


def to_first_format(folder):
    """Take what formats 2 to 6 added out of an index that has no FAISS files."""
    to_second_format(folder)
    connection = sqlite3.connect(folder / CATALOGUE, isolation_level=None)
    connection.execute("DROP TABLE structures")
    connection.execute("DELETE FROM manifest WHERE key = 'index_type'")
    connection.execute("PRAGMA user_version = 1")
    connection.close()


def record_root(index, path):
    """Record a folder as the only root, without patterns, as an index made before these were kept has it."""
    index.apply(Change(settings={"root": path, "roots": None}))
