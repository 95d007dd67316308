"""Another embedder for an index: every stored text is embedded anew, in one commit."""

from dataclasses import asdict
from pathlib import Path

from spanwise.errors import IndexStateError
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.maintenance.file_check import SegmentState
from spanwise.index.maintenance.restore import Encode, Loss, embed_again, find_loss, restore
from spanwise.index.vectors.vector_file import check_vectors
from spanwise.progress import ReportStep
from spanwise.text.pluralize import pluralize
from spanwise.types import EmbedderIdentity


def change_embedder(
    catalogue: Catalogue, folder: Path, embedder: EmbedderIdentity, encode: Encode, progress: ReportStep
) -> None:
    """
    Replace all vectors by those of another model; the caller holds the writer's lock.

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
    restore(catalogue, folder, Loss(states, every.ids, every.textless), vectors, {"embedder": asdict(embedder)})
