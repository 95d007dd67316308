"""
Measure the document store with a million passages.

    python -m benchmarks.store.million [--texts SQUAD.json[.gz] ...] [--rows 1000000] [--out FILE]

The passages have 12 words and 384 dimensions; the vectors lie around the embeddings of real sentences, taken from the
SQuAD files given (https://rajpurkar.github.io/SQuAD-explorer has one; by default the questions of data/sample), and the
queries are embeddings of their questions. They are written 50,000 at a time, each time durably, with the index type
that the store chooses; then a new process opens the store and searches. Nothing is compared with a peer: the published
FAISS store would need some ten gigabytes for them.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from benchmarks.harness import OtherWork, Result, environment, markdown_table, publish
from benchmarks.store.passages import SAMPLE, Vectors, clustered, embeddings_of, load_embeddings, texts
from benchmarks.store.store import memory, size

WORDS = 12
BATCH = 50_000
GROUPS = 100
TOP_K = 10
SEARCHES = 200
FILTERED = 10
ADDED = 100


def documents(vectors: Vectors, start: int) -> list[Any]:
    """Make one document for each vector."""
    from haystack import Document

    made = zip(texts(start, len(vectors), WORDS), vectors.tolist(), strict=True)
    return [
        Document(id=f"{number:08d}", content=text, meta={"group": number % GROUPS}, embedding=vector)
        for number, (text, vector) in enumerate(made, start)
    ]


def build(path: Path, base: Vectors, rows: int) -> Result:
    """Write all passages; only the store's own time counts."""
    from spanwise.index import FaissDocumentStore

    store = FaissDocumentStore(path)
    seconds = []
    for number, vectors in enumerate(clustered(base, rows, block=BATCH)):
        made = documents(vectors, number * BATCH)
        began = time.perf_counter()
        store.write_documents(made)
        seconds.append(time.perf_counter() - began)
        print(f"{(number + 1) * BATCH:,}: {seconds[-1]:.1f} s", file=sys.stderr, flush=True)
    return {"build": sum(seconds), "longest": max(seconds)}


def use(path: Path, base: Vectors, questions: Vectors, rows: int) -> Result:
    """Open the store as a new process does, and search it."""
    from spanwise.index import FaissDocumentStore

    truth, truth_filtered = exact(base, questions[:SEARCHES], rows)
    before, began = memory(), time.perf_counter()
    store = FaissDocumentStore(path)
    store.warm_up()
    opened = time.perf_counter() - began
    began = time.perf_counter()
    store.embedding_retrieval(questions[-1].tolist(), top_k=TOP_K)
    first = time.perf_counter() - began
    times, found = searches(store, questions[:SEARCHES], truth, None)
    after = memory()
    seven = {"field": "meta.group", "operator": "==", "value": 7}
    began = time.perf_counter()
    store.embedding_retrieval(questions[-1].tolist(), top_k=TOP_K, filters=seven)
    first_filtered = time.perf_counter() - began
    times_filtered, found_filtered = searches(store, questions[:FILTERED], truth_filtered, seven)
    added = documents(next(clustered(base, ADDED, seed=1)), start=rows)
    began = time.perf_counter()
    store.write_documents(added)
    add = time.perf_counter() - began
    began = time.perf_counter()
    store.delete_documents([document.id for document in added])
    delete = time.perf_counter() - began
    with store.index.snapshot() as (_, view):
        segments = [len(segment.ids) for segment in view.segments]
    return {
        "open": opened,
        "first": first,
        "median": median(times),
        "p95": float(np.quantile(times, 0.95)),
        "recall": found,
        "first_filtered": first_filtered,
        "median_filtered": median(times_filtered),
        "recall_filtered": found_filtered,
        "memory": after["VmRSS"] - before["VmRSS"],
        "own": after["RssAnon"] - before["RssAnon"],
        "add": add,
        "delete": delete,
        "segments": segments,
    }


def exact(base: Vectors, questions: Vectors, rows: int) -> tuple[list[set[str]], list[set[str]]]:
    """Return the ids of the true first ten of each question, of all passages and of those of group 7."""
    found = []
    for wanted in (lambda numbers: numbers >= 0, lambda numbers: numbers % GROUPS == 7):
        scores, ids = np.empty((len(questions), 0), np.float32), np.empty((len(questions), 0), np.int64)
        for block, vectors in enumerate(clustered(base, rows, block=BATCH)):
            numbers = block * BATCH + np.arange(len(vectors))
            chosen = wanted(numbers)
            scores = np.hstack((scores, questions @ vectors[chosen].T))
            ids = np.hstack((ids, np.broadcast_to(numbers[chosen], (len(questions), int(chosen.sum())))))
            best = np.argsort(-scores, axis=1)[:, :TOP_K]
            scores, ids = np.take_along_axis(scores, best, 1), np.take_along_axis(ids, best, 1)
        found.append([{f"{number:08d}" for number in line} for line in ids])
    return found[0], found[1]


def searches(
    store: Any, questions: Vectors, truth: list[set[str]], filters: dict[str, Any] | None
) -> tuple[list[float], float]:
    """Return the seconds of each search, and the share of the true first ten that was found."""
    times, found = [], 0
    for question, wanted in zip(questions, truth, strict=False):
        vector = question.tolist()
        began = time.perf_counter()
        hits = store.embedding_retrieval(vector, top_k=TOP_K, filters=filters, return_embedding=False)
        times.append(time.perf_counter() - began)
        found += len({hit.id for hit in hits} & wanted)
    return times, found / (TOP_K * len(questions))


def report(result: Result, rows: int, source: str) -> str:
    """Return the page of results."""
    lines = [
        ["build, seconds in the store", f"{result['build']:,.0f}"],
        ["of which the longest commit", f"{result['longest']:,.0f}"],
        ["on the disk: MB", f"{result['bytes'] / 1e6:,.0f}"],
        ["open: ms", f"{result['open'] * 1e3:,.0f}"],
        ["first search, which compares the FAISS files with their checksums: ms", f"{result['first'] * 1e3:,.0f}"],
        ["search, median: ms", f"{result['median'] * 1e3:,.1f}"],
        ["search, 95th percentile: ms", f"{result['p95'] * 1e3:,.1f}"],
        [f"recall of the true {TOP_K}", f"{result['recall']:.3f}"],
        ["first search among the 1% that a filter matches: ms", f"{result['first_filtered'] * 1e3:,.0f}"],
        ["the next with the same filter, median: ms", f"{result['median_filtered'] * 1e3:,.1f}"],
        [f"recall of its true {TOP_K}", f"{result['recall_filtered']:.3f}"],
        ["memory after the searches, mapped files included: MB", f"{result['memory']:,.0f}"],
        ["of which not mapped files: MB", f"{result['own']:,.0f}"],
        [f"add {ADDED} passages, durable: ms", f"{result['add'] * 1e3:,.0f}"],
        [f"delete {ADDED} passages, durable: ms", f"{result['delete'] * 1e3:,.0f}"],
    ]
    segments = ", ".join(f"{count:,}" for count in result["segments"])
    introduction = (
        f"{environment()}\n\n{rows:,} passages of {WORDS} words, 384 dimensions, around the embeddings of {source}; "
        f"{SEARCHES} questions, one at a time, as Haystack documents. Written {BATCH:,} at a time; segments of "
        f"{segments} vectors. Others used {result['others']:.2f} cores meanwhile."
    )
    return "\n\n".join(("# A million passages", introduction, markdown_table(["", "spanwise"], lines)))


def main() -> None:
    """Build the store, use it in a new process, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, nargs="+", default=[SAMPLE], metavar="FILE", help="SQuAD files")
    parser.add_argument("--rows", type=int, default=1_000_000, help="passages (default 1,000,000)")
    parser.add_argument("--folder", type=Path, help="where to build the store (default: a temporary folder)")
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    parser.add_argument("--step", choices=("build", "use"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    if arguments.step is not None:
        base, questions = load_embeddings(arguments.folder)
        path = arguments.folder / "store"
        if arguments.step == "build":
            print(json.dumps(build(path, base, arguments.rows)))
        else:
            print(json.dumps(use(path, base, questions, arguments.rows)))
        return
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        source = embeddings_of(arguments.texts, folder)
        others, result = OtherWork(), {}
        for step in ("build", "use"):
            command = [sys.executable, "-m", __spec__.name, "--step", step]
            command += ["--folder", str(folder), "--rows", str(arguments.rows)]
            process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            if process.returncode != 0:
                sys.exit(f"the step {step} failed")
            result.update(json.loads(process.stdout.splitlines()[-1]))
        facts = {"bytes": size(folder / "store"), "others": others.cores()}
        publish(report({**result, **facts}, arguments.rows, source), arguments.out)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
