"""Vectors made again from stored texts, in one commit: those that were lost, or all of them by another embedder."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import IndexStateError
from spanwise.index.catalogue import checksums
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.catalogue.rows import chunks, placeholders
from spanwise.index.catalogue.settings import write_settings
from spanwise.index.commit import next_generation
from spanwise.index.maintenance.file_check import SegmentState, joined
from spanwise.index.maintenance.rewrite import compute_tombstones
from spanwise.index.vectors import VECTORS
from spanwise.index.vectors.merging import write_segments
from spanwise.index.vectors.segments import load_view, open_rows
from spanwise.index.vectors.vector_file import Vectors, check_vectors
from spanwise.progress import ReportStep
from spanwise.text.pluralize import pluralize
from spanwise.types import EmbedderIdentity

Encode = Callable[[list[str]], NDArray[np.float32]]
"""Texts to vectors, *shape* (len(texts), dimension), float32."""

CHUNK = 128
COMPARED = 8
SAME_MODEL = 0.99
"""Cosine that an embedder reaches with its own vectors, whatever the device and its precision."""


@dataclass(frozen=True, slots=True)
class Loss:
    """
    The vectors that an index lacks.

    :param segments: Its damaged segments.
    :param ids: Documents that have a text and lack their vector, ascending. *Shape:* (n,).
    :param textless: Documents that lack their vector and have no text to embed. *Shape:* (n,).
    """

    segments: tuple[SegmentState, ...]
    ids: NDArray[np.int64]
    textless: NDArray[np.int64]


def find_loss(connection: sqlite3.Connection, states: Sequence[SegmentState]) -> Loss:
    """Compare the documents that have a vector with the segments that are whole."""
    present = joined(state.ids for state in states if state.ids is not None and state.whole)
    found = connection.execute("SELECT id, content IS NULL FROM documents WHERE embedded ORDER BY id").fetchall()
    embedded = np.array(found, dtype=np.int64).reshape(-1, 2)
    lost = embedded[~np.isin(embedded[:, 0], present)]
    damaged = tuple(state for state in states if not state.whole)
    return Loss(damaged, lost[lost[:, 1] == 0, 0], lost[lost[:, 1] == 1, 0])


def embed_again(
    connection: sqlite3.Connection, ids: NDArray[np.int64], encode: Encode, progress: ReportStep
) -> Vectors:
    """
    Embed the texts of documents.

    :returns: *Shape:* (len(ids), dimension), float32.
    """
    parts = []
    for number, part in enumerate(chunks(ids.tolist(), CHUNK)):
        progress("embedding texts", number * CHUNK, len(ids))
        parts.append(encode([text for _, text in _pairs(connection, part)]))
    return np.concatenate(parts)


def require_same_model(
    connection: sqlite3.Connection, folder: Path, states: Sequence[SegmentState], encode: Encode
) -> None:
    """
    Compare an embedder with vectors that are left.

    :raises IndexStateError: If it makes others of the same texts.
    """
    for state in states:
        if not state.whole or state.ids is None:
            continue
        texts = dict(_pairs(connection, state.ids[:CHUNK].tolist())[:COMPARED])
        if not texts:
            continue
        ids, _, vectors = open_rows(connection, folder, state.id)
        stored = vectors[np.flatnonzero(np.isin(ids, list(texts)))]
        found = encode(list(texts.values()))
        if found.shape != stored.shape or _cosine(found, stored) < SAME_MODEL:
            msg = (
                f"expected the embedder that made the vectors of the index in {folder}, found one that makes others of "
                "the same texts: give that embedder"
            )
            raise IndexStateError(msg)
        return


def restore(
    catalogue: Catalogue,
    folder: Path,
    loss: Loss,
    vectors: Vectors | None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """
    Put new vectors in the place of damaged segments, and compute the tombstones.

    :param vectors: One for each of `loss.ids`, in order, or None when there are none.
    :param settings: Entries of the manifest that change with them.
    :raises IndexStateError: If the disk is full; nothing is changed then.
    """
    (folder / VECTORS).mkdir(exist_ok=True)
    with next_generation(catalogue, folder) as (connection, generation):
        connection.execute(f"DELETE FROM faiss_indexes WHERE checksum IS NOT {checksums.expression('faiss_indexes')}")
        for state in loss.segments:
            connection.execute("DELETE FROM segments WHERE id = ?", (state.id,))
        bare = loss.textless.tolist()
        connection.executemany("UPDATE documents SET embedded = 0 WHERE id = ?", ((number,) for number in bare))
        checksums.refresh(connection, "documents", "id", bare)
        view = load_view(connection, folder, generation, None)
        write_segments(connection, folder, view, [], loss.ids, vectors)
        compute_tombstones(connection)
        length = {} if vectors is None else {"dimension": vectors.shape[1]}
        write_settings(connection, {**(settings or {}), **length})


def change_embedder(
    catalogue: Catalogue, folder: Path, embedder: EmbedderIdentity, encode: Encode, progress: ReportStep
) -> None:
    """
    Replace all vectors by those of another model, in one commit; the caller holds the writer's lock.

    :param embedder: What `encode` is.
    :raises IndexStateError: If a vector has no text to be made of, `encode` gives other vectors than it should, or the
        disk is full; nothing is changed then.
    """
    with catalogue.reading() as connection:
        every = find_loss(connection, ())
        if len(every.textless):
            count = pluralize(len(every.textless), "document")
            msg = f"expected a text for every vector in {folder}, found {count} without one: write them to a new index"
            raise IndexStateError(msg)
        vectors = embed_again(connection, every.ids, encode, progress) if len(every.ids) else None
        segments = connection.execute("SELECT id, name FROM segments").fetchall()
    check_vectors(vectors, len(every.ids), embedder.dimension, embedder)
    progress("writing vectors and FAISS files", 0, 0)
    states = tuple(SegmentState(number, name, every.ids, None) for number, name in segments)
    restore(catalogue, folder, replace(every, segments=states), vectors, {"embedder": embedder.to_dict()})


def _pairs(connection: sqlite3.Connection, ids: list[int]) -> list[tuple[int, str]]:
    query = f"""SELECT id, content FROM documents WHERE embedded AND content IS NOT NULL
                AND id IN ({placeholders(ids)}) ORDER BY id"""
    return connection.execute(query, ids).fetchall()


def _cosine(found: Vectors, stored: Vectors) -> float:
    """Return the mean cosine of two sets of vectors, pair by pair."""
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(stored, axis=1)
    return float(np.mean(np.einsum("ij,ij->i", found, stored) / np.maximum(lengths, 1e-12)))
