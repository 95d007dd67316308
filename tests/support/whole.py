"""All that an index holds, to be compared, and all that is wrong with it."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from spanwise.index import Index
from spanwise.index.catalogue.connections import CATALOGUE
from spanwise.index.store.documents import read_documents
from spanwise.index.store.filters import Selection


def contents(index: Index) -> dict[str, Any]:
    """Return every document with its embedding, in order, every file and source text, and the root."""
    files = index.files()
    with index.snapshot() as (connection, view):
        found = read_documents(connection, view, Selection(connection, view).ids.tolist())
    return {
        "documents": [document.to_dict(flatten=False) for document in found],
        "files": files,
        "sources": {file: index.source(file) for file in files},
        "root": index.root,
    }


def state_of(path: Path) -> dict[str, Any] | None:
    """Return what the index in a folder holds and its type, or None if there is no index."""
    if not Index.exists(path):
        return None
    with Index.open(path) as index:
        return {**contents(index), "index_type": index.index_type}


def assert_same_state(path: Path, other: Path, tolerance: float = 1e-5) -> None:
    """
    Compare two indexes: the same documents in the same order, files and texts, and vectors that are as good as equal.

    :param tolerance: Largest difference of two numbers of a vector.
    """
    states = [state_of(path), state_of(other)]
    assert all(states)
    first, second = ([document.pop("embedding") for document in state["documents"]] for state in states if state)
    assert states[0] == states[1]
    assert np.allclose(first, second, rtol=0, atol=tolerance)


def problems_of(path: Path) -> list[str]:
    """Return what is damaged, the full-text index compared with the texts word by word."""
    with Index.open(path) as index:
        found = index.verify()
    connection = sqlite3.connect(path / CATALOGUE)
    try:
        connection.execute("INSERT INTO documents_fts(documents_fts, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        found.append(f"full-text index: {error}")
    finally:
        connection.close()
    return found


def leftovers_of(path: Path) -> set[str]:
    """Return the vector and FAISS files that no commit names."""
    with Index.open(path) as index, index.reading() as connection:
        query = "SELECT name FROM segments UNION ALL SELECT name FROM faiss_indexes"
        named = {name for (name,) in connection.execute(query)}
    return {file.name for file in (path / "vectors").iterdir()} - named


def traces(path: Path, words: Iterable[str] = (), pieces: Iterable[bytes] = ()) -> list[str | bytes]:
    """Return which words, in any case and without their first letter, and which bytes stand in an index's files."""
    files = [file.read_bytes() for file in path.rglob("*") if file.is_file()]
    found: list[str | bytes] = [word for word in words if any(word[1:].encode() in file.lower() for file in files)]
    return found + [piece for piece in pieces if any(piece in file for file in files)]
