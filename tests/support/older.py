"""Indexes as older versions of the program left them."""

import sqlite3

from spanwise.index.catalogue.connections import CATALOGUE


def to_first_format(folder):
    """Take what formats 2 to 4 added out of an index that has no structures."""
    connection = sqlite3.connect(folder / CATALOGUE)
    connection.execute("DROP TABLE faiss_indexes")
    connection.execute("ALTER TABLE documents_fts RENAME TO lexicon")
    connection.execute("DELETE FROM manifest WHERE key = 'index_type'")
    for table in ("manifest", "files", "source_texts", "documents", "segments"):
        connection.execute(f"ALTER TABLE {table} DROP COLUMN checksum")
    connection.commit()
    connection.execute("PRAGMA user_version = 1")
    connection.close()
