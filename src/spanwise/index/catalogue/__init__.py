"""The SQLite file of an index: connections, tables and their migrations, rows, full-text search."""
