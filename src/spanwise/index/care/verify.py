"""Examining a whole index."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from spanwise.index.care.affected import affected
from spanwise.index.care.catalogue_check import catalogue_findings, guarded
from spanwise.index.care.health import Finding, Health, Progress
from spanwise.index.care.vector_check import (
    FileReader,
    OpenFiles,
    SegmentState,
    segment_states,
    structure_problems,
    vector_balance,
)
from spanwise.index.catalogue import CATALOGUE
from spanwise.index.failures import require_damage


def examine(connection: sqlite3.Connection, folder: Path, files: OpenFiles, tell: Progress) -> Health:
    """
    Read everything of one committed generation and compare it with its checksums.

    :param files: The files that the manifest names.
    """
    reader = FileReader(files, tell)
    findings = [
        *catalogue_findings(connection, tell),
        *guarded("vectors", _vectors(connection, reader)),
        *guarded("structures", _structures(connection, reader)),
    ]
    return Health(
        findings=tuple(dict.fromkeys(findings)),  # several checks can stop at one damaged page
        files=_number(connection, "SELECT count(*) FROM files"),
        documents=_number(connection, "SELECT count(*) FROM documents"),
        vectors=_number(connection, "SELECT coalesce(sum(rows), 0) FROM segments"),
        bytes=reader.bytes + (folder / CATALOGUE).stat().st_size,
    )


def _vectors(connection: sqlite3.Connection, reader: FileReader) -> Iterator[Finding]:
    states = segment_states(connection, reader)
    dead = {number for (number,) in connection.execute("SELECT id FROM tombstones")}
    for state in states:
        if state.problem is not None:
            message = f"vector file {state.name}: {state.problem}"
            yield Finding("damage", "vectors", message, _affected(connection, state, dead))
    documents = connection.execute("SELECT id FROM documents WHERE embedded")
    lost, extra = vector_balance(states, dead, (number for (number,) in documents))
    if lost or extra:
        message = f"vectors: {lost} documents without their vector, {extra} vectors without a document"
        yield Finding("damage", "vectors", message)


def _affected(connection: sqlite3.Connection, state: SegmentState, dead: set[int]) -> str:
    if state.ids is None:
        return ""
    try:
        return affected(connection, [number for number in state.ids.tolist() if number not in dead])
    except sqlite3.Error as error:
        require_damage(error)
        return ""


def _structures(connection: sqlite3.Connection, reader: FileReader) -> Iterator[Finding]:
    for name, problem in structure_problems(connection, reader):
        message = f"FAISS file {name}: {problem}; nothing is lost, its vectors are searched exactly until it is rebuilt"
        yield Finding("derived", "structures", message)


def _number(connection: sqlite3.Connection, query: str) -> int:
    try:
        return int(connection.execute(query).fetchone()[0])
    except sqlite3.Error as error:
        require_damage(error)
        return 0
