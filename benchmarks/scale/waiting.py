"""How long another process waits to add a document while a large FAISS file is built, and what extending it saves."""

import multiprocessing
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.harness import Result
from benchmarks.store.passages import Vectors, clustered

PATIENCE_S = 3600.0
FORK = multiprocessing.get_context("fork")


def wait(path: Path, base: Vectors, rows: int) -> Result:
    """
    Build the graph of so many made vectors in one process while this one adds documents, then extend it by half.

    :returns: Seconds: "build" and "extend", by the clock and of the processors, and the longest "wait" of a writer
        meanwhile. Besides, how many documents were added meanwhile.
    """
    from spanwise.index import FaissDocumentStore, Index

    store = FaissDocumentStore(path, index_type="flat")
    store.write_documents(_documents(base, rows, 0))
    store.close()
    built: Any = FORK.Queue()

    def change(act: Any) -> None:
        began, used = time.perf_counter(), time.process_time()
        with Index.open(path, writable=True) as index, index.releasing():
            act(index)
        built.put((time.perf_counter() - began, time.process_time() - used))

    builder = FORK.Process(target=change, args=(lambda index: index.set_type("hnsw"),))
    builder.start()
    waits = []
    time.sleep(1)
    while builder.is_alive():
        began = time.perf_counter()
        number = rows + len(waits)
        FaissDocumentStore(path).write_documents(_documents(base, 1, number))
        waits.append(time.perf_counter() - began)
        time.sleep(0.5)
    build = built.get(timeout=PATIENCE_S)
    builder.join()
    added = _documents(base, rows // 2, rows + len(waits))
    began, used = time.perf_counter(), time.process_time()
    FaissDocumentStore(path).write_documents(added)
    extend = time.perf_counter() - began, time.process_time() - used
    with Index.open(path) as index:
        count = index.count()
        problems = index.verify()
        with index.snapshot() as (_, view):
            covered = [(one.faiss_index.rows() if one.faiss_index else 0, len(one.ids)) for one in view.segments]
    assert not problems, problems
    assert count == rows + len(waits) + rows // 2
    return {"build": build, "extend": extend, "wait": max(waits), "added": len(waits), "covered": covered}


def _documents(base: Vectors, count: int, first: int) -> list[Any]:
    from haystack import Document

    vectors = np.concatenate(list(clustered(base, count, seed=first)))
    return [
        Document(id=f"{number:08d}", content=f"passage {number}", embedding=vector)
        for number, vector in enumerate(vectors.tolist(), first)
    ]
