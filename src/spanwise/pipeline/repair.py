"""Repair an index, with its own embedder where vectors are lost."""

from functools import cache, partial
from pathlib import Path

from spanwise.embed.load import Encoder, load_encoder
from spanwise.errors import IndexStateError, ModelError
from spanwise.index.index import Index
from spanwise.index.maintenance.health import Repair
from spanwise.progress import ReportStep
from spanwise.runtime.named_embedders import require_named


def repair_index(
    path: Path | str, *, embedder: str | None = None, device: str = "auto", progress: ReportStep | None = None
) -> Repair:
    """
    Make again what can be made of what is whole; the documents' folder is not needed.

    The embedder is loaded only when vectors are lost.

    :param path: The index's directory.
    :param embedder: The index's embedder, where it was never given by name on this machine.
    :param device: Where to embed: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param progress: Called as work is done.
    :returns: What was found and done, and what is lost.
    :raises IndexStateError: If there is no index, another process is writing it, or the disk is full.
    """
    with Index.open(path, writable=True, check=False) as index:
        load = cache(partial(_load, index, embedder, device))
        return index.repair(lambda texts: load().encode(texts), progress)


def _load(index: Index, embedder: str | None, device: str) -> Encoder:
    """
    Load the embedder that the index names.

    :raises ModelError: If it is not at hand.
    """
    identity = index.embedder
    if identity is None:
        msg = "the index does not name its embedder; give yours to `FaissDocumentStore.repair`"
        raise ModelError(msg)
    if embedder is None:
        require_named(identity, index.path)
    encoder = load_encoder(embedder or identity.name, device=device, download=embedder is not None)
    try:
        index.require_embedder(encoder.identity)
    except IndexStateError as error:
        raise ModelError(str(error)) from error
    return encoder
