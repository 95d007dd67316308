"""Memory for a FAISS index that is to be filled."""

from typing import Any

from spanwise.index.faiss.faiss_index import load_faiss, without_transform


def reserve(index: Any, rows: int) -> None:
    """
    Make room for a graph of so many vectors.

    Its arrays would double when they are full, and what they leave behind each time is too large and too late to be
    used again: together nearly as much as the graph itself.
    """
    faiss, inner = load_faiss(), without_transform(index)
    if not isinstance(inner, faiss.IndexHNSW):
        return
    graph, storage = inner.hnsw, faiss.downcast_index(inner.storage)
    links = graph.nb_neighbors(0) + 2  # and the few of the levels above
    for array, size in (
        (storage.codes, rows * storage.code_size),
        (graph.neighbors, rows * links),
        (graph.offsets, rows + 1),
        (graph.levels, rows),
    ):
        filled = array.size()
        if filled < size:
            array.resize(size)
            array.resize(filled)
