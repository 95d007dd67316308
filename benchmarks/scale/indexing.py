"""Indexing a folder in a process of its own: passages a second, and the most memory that it ever had."""

import resource
import sys
import time
from pathlib import Path

from benchmarks.harness import Result
from benchmarks.scale.made import MadeEncoder
from benchmarks.store.passages import Vectors

MARK_SECONDS = 30.0


def index_folder(folder: Path, index: Path, base: Vectors | None) -> Result:
    """
    Index a folder as `spanwise index` does; memory and processor time are this process's and its converter's.

    :param base: What vectors are made around; None embeds.
    """
    from spanwise.pipeline.corpus import Corpus

    began, shown, embedded = time.perf_counter(), 0.0, 0

    def watch(state: object) -> None:
        nonlocal shown, embedded
        embedded = max(embedded, getattr(state, "passages", 0))
        if time.perf_counter() - shown >= MARK_SECONDS:
            shown = time.perf_counter()
            memory = peak_bytes(resource.RUSAGE_SELF) >> 20
            print(f"{shown - began:,.0f} s: {embedded:,} embedded, {memory} MB", file=sys.stderr, flush=True)

    with Corpus(index, device="cpu") as corpus:
        if base is not None:
            vars(corpus)["_loaded_encoder"] = MadeEncoder(base)
        report = corpus.sync(folder, progress=watch)
    own, converter = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "files": len(report.added),
        "skipped": len(report.skipped),
        "passages": report.passages,
        "embedded": embedded,
        "seconds": time.perf_counter() - began,
        "cpu": own.ru_utime + own.ru_stime + converter.ru_utime + converter.ru_stime,
        "peak": peak_bytes(resource.RUSAGE_SELF),
        "converter_peak": peak_bytes(resource.RUSAGE_CHILDREN),
        "bytes": sum(file.stat().st_size for file in index.rglob("*") if file.is_file()),
        "source_bytes": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
    }


def peak_bytes(who: int) -> int:
    """Return the most bytes that a process had in memory."""
    return resource.getrusage(who).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
