"""Repair an index, with its own embedder where vectors are lost."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.embed.encoder import Encoder
from spanwise.embed.load import load_encoder
from spanwise.errors import IndexStateError, ModelError
from spanwise.index.index import Index
from spanwise.index.maintenance.health import Repair
from spanwise.progress import ReportStep


def repair_index(path: Path | str, *, device: str = "auto", progress: ReportStep | None = None) -> Repair:
    """
    Make again what can be made of what is whole; the documents' folder is not needed.

    The embedder is loaded only when vectors are lost.

    :param path: The index's directory.
    :param device: Where to embed: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param progress: Called as work is done.
    :returns: What was found and done, and what is lost.
    :raises IndexStateError: If there is no index, another process is writing it, or the disk is full.
    """
    with Index.open(path, writable=True, check=False) as index:
        encoders: list[Encoder] = []

        def encode(texts: list[str]) -> NDArray[np.float32]:
            if not encoders:
                encoders.append(_load(index, device))
            return encoders[0].encode(texts)

        return index.repair(encode, progress)


def _load(index: Index, device: str) -> Encoder:
    """
    Load the embedder that the index names.

    :raises ModelError: If it is not at hand.
    """
    identity = index.embedder
    if identity is None:
        msg = "the index does not name its embedder; give yours to `FaissDocumentStore.repair`"
        raise ModelError(msg)
    encoder = load_encoder(identity.name, device=device)
    try:
        index.require_embedder(encoder.identity)
    except IndexStateError as error:
        raise ModelError(str(error)) from error
    return encoder
