"""
Measure the document store against the published FAISS store for Haystack.

    python -m benchmarks.store.store [--texts SQUAD.json[.gz] ...] [--rows 50000] [--repeats 3] [--wait 300]

Both stores get the same documents: 120 words and 384 dimensions each, a number and a group of a hundred as metadata.
Every run of a side is two processes: one writes all documents and makes them durable (`write_documents`; the peer needs
`save` too); another opens the store, searches, filters, adds 100 documents durably and deletes them. The vectors lie
around the embeddings of real sentences, taken from the SQuAD files given (https://rajpurkar.github.io/SQuAD-explorer
has one; by default
the questions of data/sample). The peer needs `pip install --no-deps faiss-haystack==3.0.0`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from benchmarks.harness import SIDES, OtherWork, Result, alternate, environment, markdown_table, publish
from benchmarks.store.passages import SAMPLE, Vectors, clustered, embeddings_of, load_embeddings, texts

WORDS = 120
GROUPS = 100
ADDED = 100
TOP_K = 10
SEARCHES = 200
FILTERED = 20


def documents(vectors: Vectors, start: int = 0) -> list[Any]:
    """Make one document for each vector."""
    from haystack import Document

    return [
        Document(id=f"{number:08d}", content=text, meta={"number": number, "group": number % GROUPS}, embedding=vector)
        for number, (text, vector) in enumerate(
            zip(texts(start, len(vectors), WORDS), vectors.tolist(), strict=True), start
        )
    ]


def open_store(side: str, path: Path, *, new: bool) -> Any:
    """Open a side's store, or make an empty one."""
    if side == SIDES[0]:
        from spanwise.index import FaissDocumentStore

        store = FaissDocumentStore(path)
        store.warm_up()
        return store
    from haystack_integrations.document_stores.faiss import FAISSDocumentStore

    return FAISSDocumentStore(embedding_dim=384) if new else FAISSDocumentStore(str(path), embedding_dim=384)


def search(side: str, store: Any, vector: list[float], filters: dict[str, Any] | None = None) -> list[Any]:
    """Return the first ten documents."""
    if side == SIDES[0]:
        found: list[Any] = store.embedding_retrieval(vector, filters=filters, top_k=TOP_K)
    else:
        found = store.search(query_embedding=vector, top_k=TOP_K, filters=filters)
    return found


def save(side: str, store: Any, path: Path) -> None:
    """Make what was written durable; our store has done so already."""
    if side == SIDES[1]:
        store.save(str(path))


def write(side: str, path: Path, base: Vectors, rows: int) -> Result:
    """Write all documents to a new store."""
    made = documents(np.concatenate(list(clustered(base, rows))))
    open_store(side, path.with_name(f"{path.name}-empty"), new=True)  # its imports are not counted
    began = time.perf_counter()
    store = open_store(side, path, new=True)
    store.write_documents(made)
    save(side, store, path)
    seconds = time.perf_counter() - began
    parts = [path] if path.is_dir() else list(path.parent.glob(f"{path.name}.*"))
    return {"write": seconds, "bytes": sum(size(part) for part in parts)}


def use(side: str, path: Path, base: Vectors, questions: Vectors, rows: int) -> Result:
    """Open a store, search it, add documents and delete them."""
    vectors = np.concatenate(list(clustered(base, rows)))
    added = documents(next(clustered(base, ADDED, seed=1)), start=rows)
    wanted = _nearest(vectors, questions)
    wanted_filtered = _nearest(vectors, questions[:FILTERED], group=7)
    del vectors
    open_store(side, path.with_name(f"{path.name}-empty"), new=True)
    before = memory()
    seconds: dict[str, float] = {}
    store = _timed(seconds, "open", lambda: open_store(side, path, new=False))
    opened = memory()
    times, right = _searches(side, store, questions[:SEARCHES], wanted, None)
    searched = memory()
    equal_seven = {"field": "meta.group", "operator": "==", "value": 7}
    filtered_times, right_filtered = _searches(side, store, questions[:FILTERED], wanted_filtered, equal_seven)

    def change(act: Callable[[], object]) -> None:
        act()
        save(side, store, path)

    _timed(seconds, "add", lambda: change(lambda: store.write_documents(added)))
    _timed(seconds, "delete", lambda: change(lambda: store.delete_documents([document.id for document in added])))
    return {
        **seconds,
        "memory_open": opened["VmRSS"] - before["VmRSS"],
        "memory_searched": searched["VmRSS"] - before["VmRSS"],
        "own_searched": searched["RssAnon"] - before["RssAnon"],
        "search": median(times),
        "right": right,
        "filtered": median(filtered_times),
        "right_filtered": right_filtered,
    }


def _searches(
    side: str, store: Any, questions: Vectors, wanted: list[set[str]], filters: dict[str, Any] | None
) -> tuple[list[float], float]:
    """Return the seconds of each search, and the share of the true first ten that was found."""
    times, found = [], 0
    search(side, store, questions[0].tolist(), filters)
    for question, truth in zip(questions, wanted, strict=False):
        began = time.perf_counter()
        hits = search(side, store, question.tolist(), filters)
        times.append(time.perf_counter() - began)
        found += len({hit.id for hit in hits} & truth)
    return times, found / (TOP_K * len(questions))


def _nearest(vectors: Vectors, questions: Vectors, group: int | None = None) -> list[set[str]]:
    """Return the ids of the true first ten for each question, by comparing with every vector."""
    numbers = np.arange(len(vectors)) if group is None else np.arange(group, len(vectors), GROUPS)
    order = np.argsort(-(questions @ vectors[numbers].T), axis=1)[:, :TOP_K]
    return [{f"{number:08d}" for number in numbers[line]} for line in order]


def _timed(seconds: dict[str, float], name: str, act: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    result = act()
    seconds[name] = time.perf_counter() - began
    return result


def memory() -> dict[str, float]:
    """Return this process's resident memory, and the part of it that is not mapped files, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 1e3 for name in ("VmRSS", "RssAnon")}


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    return sum(part.stat().st_size for part in (path.rglob("*") if path.is_dir() else [path]) if part.is_file())


def measured(side: str, scratch: Path, rows: int, number: int) -> Result:
    """Run one side's two processes on a store of its own."""
    result: Result = {}
    others = OtherWork()
    for step in ("write", "use"):
        command = [sys.executable, "-m", __spec__.name, "--step", step, "--side", side, "--rows", str(rows)]
        command += ["--scratch", str(scratch), "--store", f"{side}{number}"]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode != 0:
            sys.exit(f"{side} failed:\n{process.stderr[-4000:]}")
        result.update(json.loads(process.stdout.splitlines()[-1]))
    return {**result, "others": others.cores()}


def report(runs: dict[str, list[Result]], rows: int, source: str) -> str:
    """Return the page of results."""

    def lines(*wanted: tuple[str, str, float, str]) -> list[list[str]]:
        return [_row(name, runs, key, by, form) for name, key, by, form in wanted]

    table = lines(
        ("write all, durable: s", "write", 1, ",.2f"),
        ("open: ms", "open", 1e3, ",.1f"),
        ("on the disk: MB", "bytes", 1e-6, ",.0f"),
        ("memory after opening: MB", "memory_open", 1, ",.1f"),
        ("memory after 200 searches: MB", "memory_searched", 1, ",.0f"),
        ("of which not mapped files: MB", "own_searched", 1, ",.0f"),
        (f"add {ADDED} documents, durable: s", "add", 1, ",.3f"),
        (f"delete {ADDED} documents, durable: s", "delete", 1, ",.3f"),
        (f"search, top {TOP_K}: ms", "search", 1e3, ",.1f"),
        (f"of the true {TOP_K} found", "right", 1, ".3f"),
        ("search among the 1% that a filter matches: ms", "filtered", 1e3, ",.1f"),
        (f"of its true {TOP_K} found", "right_filtered", 1, ".3f"),
    )
    single = [
        [str(number), *(f"{run['write']:.1f} s, others {run['others']:.2f} cores" for run in pair)]
        for number, pair in enumerate(zip(*(runs[side] for side in SIDES), strict=True), 1)
    ]
    introduction = (
        f"{environment()}\n\n{rows:,} documents of {WORDS} words, 384 dimensions, around the embeddings of "
        f"{source}. Medians of {len(single)} runs of each side, in turn. The last column is how many times as much "
        "Haystack's FAISSDocumentStore has of a line, the median over the pairs. Memory is what the process has more "
        "than before."
    )
    return "\n\n".join(
        (
            "# The document store",
            introduction,
            markdown_table(["", *SIDES, "times"], table),
            "Each run's time to write; the cores are what other processes used meanwhile:",
            markdown_table(["pair", *SIDES], single),
        )
    )


def _row(name: str, runs: dict[str, list[Result]], key: str, by: float, form: str) -> list[str]:
    """Return a table row; the last column is Haystack / spanwise, the median over the pairs."""
    shown = 10.0 ** -int(form.rstrip("f").rpartition(".")[2])  # what is less counts as this much
    pairs = list(zip(*(runs[side] for side in SIDES), strict=True))
    medians = [median(run[key] * by for run in side) for side in zip(*pairs, strict=True)]
    times = median(theirs[key] * by / max(ours[key] * by, shown) for ours, theirs in pairs)
    return [name, *(format(value, form) for value in medians), f"{times:,.2f}" if times < 10 else f"{times:,.0f}"]


def main() -> None:
    """Run both sides in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--texts", type=Path, nargs="+", default=[SAMPLE], metavar="FILE", help="SQuAD files of real sentences"
    )
    parser.add_argument("--rows", type=int, default=50_000, help="documents (default 50,000)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each side (default 3)")
    parser.add_argument(
        "--wait", type=float, default=0, metavar="SECONDS", help="most seconds to wait before a run for a quiet machine"
    )
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    parser.add_argument("--step", choices=("write", "use"), help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--scratch", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--store", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    if arguments.step is not None:
        base, questions = load_embeddings(arguments.scratch)
        path = arguments.scratch / arguments.store
        if arguments.step == "write":
            print(json.dumps(write(arguments.side, path, base, arguments.rows)))
        else:
            print(json.dumps(use(arguments.side, path, base, questions, arguments.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        source = embeddings_of(arguments.texts, Path(folder))
        numbers = iter(range(2 * arguments.repeats))
        sides = {side: partial(_numbered, side, Path(folder), arguments.rows, numbers) for side in SIDES}
        runs = alternate(sides, arguments.repeats, arguments.wait, lambda run: f"{run['write']:.1f} s to write")
    publish(report(runs, arguments.rows, source), arguments.out)


def _numbered(side: str, scratch: Path, rows: int, numbers: Any) -> Result:
    return measured(side, scratch, rows, next(numbers))


if __name__ == "__main__":
    main()
