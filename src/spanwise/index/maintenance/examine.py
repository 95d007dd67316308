"""Examining a whole index, and what interrupted runs left in its folder."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from spanwise.errors import IndexStateError
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.catalogue.connections import CATALOGUE, LOGS, wal_bytes
from spanwise.index.catalogue.failures import require_damage
from spanwise.index.commit import orphans
from spanwise.index.lock import WriterLock
from spanwise.index.maintenance.catalogue_check import catalogue_findings, guarded
from spanwise.index.maintenance.file_check import FileReader, OpenFiles, faiss_findings, open_files, vector_findings
from spanwise.index.maintenance.health import Finding, Health
from spanwise.index.reader import TRIES
from spanwise.index.vectors import VECTORS
from spanwise.progress import ReportStep

_UNFINISHED = {f"{CATALOGUE}.{kind}{log}" for kind in ("new", "repaired") for log in ("", *LOGS)}


def examine(catalogue: Catalogue, folder: Path, locks: Sequence[WriterLock], progress: ReportStep) -> Health:
    """
    Read everything of the newest generation and compare it with its checksums; nothing is written.

    :param locks: The index's; while another process writes or builds, nothing is taken for a left-over.
    """
    try:
        health = _newest(catalogue, folder, progress)
    except IndexStateError as error:
        if error.damage is None:
            raise
        return Health((Finding("damage", "catalogue", error.damage),))
    return replace(health, findings=(*health.findings, *_leftovers(catalogue, folder, locks)))


def _newest(catalogue: Catalogue, folder: Path, progress: ReportStep, tries: int = TRIES) -> Health:
    with catalogue.reading() as connection, open_files(connection, folder) as files:
        if not tries or not _moved_on(catalogue, connection, files):
            return _examined(connection, folder, files, progress)
    return _newest(catalogue, folder, progress, tries - 1)


def _moved_on(catalogue: Catalogue, connection: sqlite3.Connection, files: OpenFiles) -> bool:
    """Whether a commit has removed files of the connection's generation."""
    if not any(isinstance(file, FileNotFoundError) for file in files.values()):
        return False
    query = "SELECT CAST(value AS BLOB) FROM manifest WHERE key = 'generation'"
    with suppress(sqlite3.Error), catalogue.reading() as newest:
        return bool(connection.execute(query).fetchone() != newest.execute(query).fetchone())
    return False


def _examined(connection: sqlite3.Connection, folder: Path, files: OpenFiles, progress: ReportStep) -> Health:
    reader = FileReader(files, progress)
    findings = [
        *catalogue_findings(connection, progress),
        *guarded("vectors", vector_findings(connection, reader)),
        *guarded("structures", faiss_findings(connection, reader)),
    ]
    return Health(
        findings=tuple(dict.fromkeys(findings)),  # several checks can stop at one damaged page
        files=_number(connection, "SELECT count(*) FROM files"),
        documents=_number(connection, "SELECT count(*) FROM documents"),
        vectors=_number(connection, "SELECT coalesce(sum(rows), 0) FROM segments"),
        bytes=reader.bytes + (folder / CATALOGUE).stat().st_size,
    )


def _number(connection: sqlite3.Connection, query: str) -> int:
    try:
        return int(connection.execute(query).fetchone()[0])
    except sqlite3.Error as error:
        require_damage(error)
        return 0


def _leftovers(catalogue: Catalogue, folder: Path, locks: Sequence[WriterLock]) -> list[Finding]:
    """Return what interrupted runs left over; what another process is writing is none of it."""

    def is_written() -> bool:
        return any(lock.held_elsewhere() for lock in locks)

    if is_written():
        return []
    found = []
    try:
        for file in unnamed_files(catalogue, folder):
            with suppress(FileNotFoundError):  # its writer was not done with it
                message = f"{file.relative_to(folder).as_posix()}: {file.lstat().st_size:,} bytes, part of no commit"
                found.append(Finding("leftover", "leftovers", message))
    except (IndexStateError, OSError):  # which files are named cannot be told
        return []
    size = wal_bytes(folder)
    if size:
        message = f"{CATALOGUE}-wal: {size:,} bytes of log, which the last to close the index moves into the catalogue"
        found.append(Finding("leftover", "leftovers", message))
    return [] if is_written() else found


def unnamed_files(catalogue: Catalogue, folder: Path) -> list[Path]:
    """Return the files that belong to no commit: vectors that none names, and catalogues that were never finished."""
    unfinished = sorted(file for file in folder.iterdir() if file.name in _UNFINISHED)
    return [*(folder / VECTORS / name for name in orphans(catalogue, folder)), *unfinished]
