"""One commit: vectors first, durable and under a new name, then the transaction that makes them part of the index."""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.errors import IndexStateError
from spanwise.files.contained import remove_contained, require_plain
from spanwise.files.durable import sync_path
from spanwise.files.failpoint import failpoint
from spanwise.index.catalogue import checksums, rows
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.catalogue.failures import damaged, decode_lossy, translated
from spanwise.index.catalogue.settings import read_setting, write_settings
from spanwise.index.lock import WriterLock
from spanwise.index.names import is_faiss_file, is_ours, require_number, require_vector_file
from spanwise.index.records import Change, Row
from spanwise.index.vectors import VECTORS

if TYPE_CHECKING:
    from spanwise.index.vectors.segments import View

UNPURGED = "unpurged"
"""The manifest's entry that says that something was deleted of which words and vectors are left on the disk."""


def with_rows(change: Change) -> Change:
    """
    Check the passages of a change and return it with them as rows.

    :raises IndexStateError: If a passage is not a slice of one of the change's own sources, or stands there twice.
    """
    sources = {source.file: source for source in (*change.continued, *(source for source, _, _ in change.sources))}
    if len(sources) != len(change.sources) + len(change.continued):
        msg = "expected each file once among the sources of a change, found one twice: give its newest text only"
        raise IndexStateError(msg)
    added = []
    for passage in change.passages:
        source = sources.get(passage.file)
        if source is None:
            msg = (
                f"expected passages of the change's own sources, found one of {passage.file}: give its source text too"
            )
            raise IndexStateError(msg)
        if not passage.stands_in(source):
            msg = (
                f"expected a slice of the text of {passage.file}, found other words at {passage.start}:{passage.end}: "
                "split the text that is stored"
            )
            raise IndexStateError(msg)
        added.append(Row(passage.id, passage.text, True, passage.file, passage.start, passage.end, passage.page))
    if len({row.doc_id for row in added}) != len(added):
        msg = "expected different passages in a change, found one twice: split each text once"
        raise IndexStateError(msg)
    return replace(change, rows=[*change.rows, *added], passages=())


def commit(catalogue: Catalogue, folder: Path, change: Change, known: "View | None") -> int:
    """
    Apply a change, its passages as rows, as one new generation; the caller holds the writer's lock.

    :param known: The vectors of some earlier generation, to save reading them again.
    :returns: The new generation.
    :raises IndexStateError: If it cannot be applied; the index is then as it was.
    """
    from spanwise.index.vectors.segments import load_view

    with next_generation(catalogue, folder, needed=_bytes_of(change)) as (connection, generation):
        deleted, embedded = _change_rows(connection, change)
        failpoint("rows written")
        view = load_view(connection, folder, generation, known)
        _change_vectors(connection, folder, view, embedded, change)
        failpoint("segments written")
        settings = dict(change.settings)
        if deleted:
            settings[UNPURGED] = True
        if change.purge:
            rows.forget_words(connection)
            failpoint("words forgotten")
        if embedded and change.vectors is not None:
            settings["dimension"] = change.vectors.shape[1]
        write_settings(connection, settings)
    return generation


@contextmanager
def next_generation(
    catalogue: Catalogue, folder: Path, *, needed: int = 0, made: Collection[str] = ()
) -> Iterator[tuple[sqlite3.Connection, int]]:
    """
    Yield a connection in the transaction that makes a new generation, and the number of that.

    Afterwards the files are removed that it names no more.

    :param needed: How many bytes it takes at least on the disk.
    :param made: Files that were made for it; they are removed if it does not name them.
    """
    from spanwise.index.vectors.faiss_files import drop_unwanted

    with catalogue.writing(needed) as connection:
        failpoint("transaction begun")
        generation = int(read_setting(connection, "generation")) + 1
        before = {*named_files(connection), *made}
        yield connection, generation
        write_settings(connection, {"generation": generation})
        drop_unwanted(connection)
        obsolete = before.difference(named_files(connection))
    _remove_files(folder, sorted(obsolete))
    failpoint("old vectors removed")


def _bytes_of(change: Change) -> int:
    """Return how many bytes a change takes at least on the disk: its vectors, and its passages in the log."""
    texts = sum(len(row.content or "") for row in change.rows)
    return texts + (0 if change.vectors is None else change.vectors.nbytes)


def _change_rows(connection: sqlite3.Connection, change: Change) -> tuple[bool, list[int]]:
    """Delete, then add; returns whether anything was deleted, and the ids of the added rows that have a vector."""
    replaced = [source.file for source, _, _ in change.sources]
    if change.clear:
        rows.delete_everything(connection)
    # A document of no file that is the very passage gives way to it: their ids, of place and text, are the same.
    taken = [row.doc_id for row in change.rows if row.file] if rows.has_free_documents(connection) else []
    removed = rows.delete_rows(connection, files=(*change.removed, *replaced), doc_ids=(*change.removed_ids, *taken))
    failpoint("rows deleted")
    connection.executemany(
        "UPDATE documents SET meta = CAST(? AS TEXT) WHERE doc_id = ?",
        ((rows.storable(meta), doc_id) for doc_id, meta in change.updated),
    )
    checksums.refresh(connection, "documents", "doc_id", (doc_id for doc_id, _ in change.updated))
    file_ids = {
        source.file: rows.insert_source(connection, source, size, mtime_ns, change.versions)
        for source, size, mtime_ns in change.sources
    }
    connection.executemany(
        "UPDATE files SET size = ?, mtime_ns = ? WHERE file = ?",
        ((size, mtime_ns, file) for file, size, mtime_ns in change.touched),
    )
    connection.executemany(
        "UPDATE files SET sha256 = ?, size = ?, mtime_ns = ? WHERE file = ?",
        ((digest, size, mtime_ns, file) for file, digest, size, mtime_ns in change.finished),
    )
    refreshed = (*(file for file, _, _ in change.touched), *(file for file, *_ in change.finished))
    checksums.refresh(connection, "files", "file", refreshed)
    file_ids.update(rows.ids_of_files(connection, {row.file for row in change.rows if row.file} - file_ids.keys()))
    failpoint("sources written")
    return change.clear or removed > 0, rows.insert_rows(connection, change.rows, file_ids)


def _change_vectors(
    connection: sqlite3.Connection, folder: Path, view: "View", embedded: Sequence[int], change: Change
) -> None:
    """Write the new vectors with those that are to be merged."""
    import numpy as np

    from spanwise.index.vectors.merging import plan_compaction, plan_merge, write_segments

    live = [segment.live for segment in view.segments]
    total = [len(segment.ids) for segment in view.segments]
    chosen = plan_merge(live, total, len(embedded))
    if change.purge:
        bare = {i for i, segment in enumerate(view.segments) if len(segment.dead) and segment.faiss_index is None}
        chosen = sorted({*chosen, *bare})
    if change.merge_all:
        chosen = plan_compaction(live, total)
    if chosen or embedded:
        write_segments(connection, folder, view, chosen, np.array(embedded, dtype=np.int64), change.vectors)


def _remove_files(folder: Path, names: Iterable[str]) -> None:
    """Remove vector files that no commit names any more."""
    for name in names:
        try:
            if is_ours(name):  # a catalogue that somebody else wrote may name anything
                remove_contained(folder / VECTORS / name)
        except PermissionError:  # Windows: a reader has it mapped; the next writer tries again
            if os.name != "nt":
                raise
        failpoint("file removed")


def remove_orphans(catalogue: Catalogue, folder: Path, building: WriterLock) -> None:
    """
    Remove what interrupted commits left in the folder of vectors, but for FAISS files that another process is building.

    :param building: A lock that is not held; the caller holds the writer's lock.
    """
    with translated(folder):
        if not (folder / VECTORS).exists():  # an archive may have left out the empty folder
            (folder / VECTORS).mkdir()
            sync_path(folder)
        found = orphans(catalogue, folder)
        _remove_files(folder, (name for name in found if not is_faiss_file(name)))
        if any(map(is_faiss_file, found)) and building.acquire_now():
            try:
                _remove_files(folder, orphans(catalogue, folder))  # what was adopted meanwhile is none any more
            finally:
                building.release()


def orphans(catalogue: Catalogue, folder: Path) -> list[str]:
    """Return the names of the vector and FAISS files in an index's folder that its newest commit does not name."""
    require_plain(folder / VECTORS)
    entries = os.scandir(folder / VECTORS) if (folder / VECTORS).exists() else ()
    present = {entry.name for entry in entries if is_ours(entry.name)}
    with catalogue.reading() as connection:  # not before the look at the folder: what came in between is named
        return sorted(present.difference(named_files(connection)))


def named_files(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all vector and FAISS files of a generation."""
    query = "SELECT CAST(name AS BLOB) FROM segments UNION ALL SELECT CAST(name AS BLOB) FROM faiss_indexes"
    return {decode_lossy(name) for (name,) in connection.execute(query)}


def check_files(connection: sqlite3.Connection, folder: Path) -> None:
    """
    Check that every vector file of the manifest is there, in full length.

    :raises IndexStateError: If one is not; the message names it.
    """
    require_plain(folder / VECTORS)
    for name, size in connection.execute("SELECT name, bytes FROM segments"):
        file = folder / VECTORS / require_vector_file(name)
        require_number(size, f"the bytes of {name}", 1)
        require_plain(file)
        try:
            found = file.lstat().st_size
        except FileNotFoundError:
            found = None
        if found != size:
            state = "missing" if found is None else f"{found} bytes long"
            raise damaged(folder, f"expected the vector file {name} of {size} bytes, it is {state}")
