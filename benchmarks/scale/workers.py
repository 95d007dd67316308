"""
Measure what indexing on Ray costs and gains on one machine: without it, with one worker and with two.

    python -m benchmarks.scale.workers FOLDER --work DIR [--repeats 3] [--wait 0] [--out FILE]

FOLDER is indexed in turn without Ray, on a cluster of one core that is started for it, and on one of two. Each run is a
process of its own, and makes a new index in DIR. What is counted begins with the sync, when modules are imported and
the cluster is there. Seconds of the processors are those of the process and of all that it started, Ray's own included.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path

from benchmarks.harness import Result, alternate, busy_seconds, environment, markdown_table, publish

SIDES = {"without Ray": 0, "Ray, 1 worker": 1, "Ray, 2 workers": 2}


def index_folder(folder: Path, index: Path, workers: int) -> Result:
    """Index a folder in this process, with so many workers of Ray, or without it."""
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.sync.engine import LocalEngine, MakeEngine

    make_engine: MakeEngine = LocalEngine
    with ExitStack() as stack:
        if workers:
            from spanwise.scale import RayEngine, connected

            stack.enter_context(connected("local", num_cpus=workers))
            make_engine = RayEngine
        busy, used, began = busy_seconds(), used_seconds(), time.perf_counter()
        with Corpus(index, device="cpu") as corpus:
            report = corpus.sync(folder, engine=make_engine)
        seconds, used, busy = time.perf_counter() - began, used_seconds() - used, busy_seconds() - busy
    return {
        "files": len(report.added),
        "passages": report.passages,
        "seconds": seconds,
        "cpu": used,
        "others": max(0.0, busy - used) / seconds,
    }


def used_seconds() -> float:
    """Return the seconds of the processors that this process, what it started and what that started have had."""
    used, parents = {}, {}
    for entry in Path("/proc").glob("[1-9]*"):
        try:
            fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def is_ours(process: int) -> bool:
        while process not in (0, os.getpid()):
            process = parents.get(process, 0)
        return process == os.getpid()

    return sum(seconds for process, seconds in used.items() if is_ours(process))


def run(arguments: argparse.Namespace, workers: int) -> Result:
    """Index in a new process."""
    index = arguments.work / f"index-{workers}"
    shutil.rmtree(index, ignore_errors=True)
    command = [sys.executable, "-m", "benchmarks.scale.workers", str(arguments.folder), "--work", str(index)]
    ran = subprocess.run([*command, "--workers", str(workers)], stdout=subprocess.PIPE, text=True, check=True)
    found: Result = json.loads(ran.stdout.splitlines()[-1])
    return found


def report(runs: dict[str, list[Result]]) -> str:
    """Return the page of results."""

    def row(name: str, value: Callable[[Result], float], form: str) -> list[str]:
        return [name, *(format(statistics.median(map(value, runs[side])), form) for side in SIDES)]

    lines = [
        row("files", lambda one: one["files"], ",.0f"),
        row("passages", lambda one: one["passages"], ",.0f"),
        row("seconds by the clock", lambda one: one["seconds"], ",.1f"),
        row("passages a second", lambda one: one["passages"] / one["seconds"], ",.1f"),
        row("cores that others used meanwhile", lambda one: one["others"], ".2f"),
        row("seconds of the processors", lambda one: one["cpu"], ",.1f"),
        row("passages a second of one processor", lambda one: one["passages"] / one["cpu"], ",.1f"),
    ]
    repeats = len(next(iter(runs.values())))
    introduction = f"{environment()} ray {version('ray')}.\n\nMedians of {repeats} runs, all sides in turn."
    return "\n\n".join(["# Indexing on Ray", introduction, markdown_table(["", *SIDES], lines)])


def main(given: Sequence[str] | None = None) -> None:
    """Index in turn, each time in a new process, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of documents")
    parser.add_argument("--work", type=Path, required=True, help="where indexes are made")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--wait", type=float, default=0.0, help="most seconds to wait for a quiet moment before a run")
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    parser.add_argument("--workers", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args(given)
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    if arguments.workers is not None:
        print(json.dumps(index_folder(arguments.folder, arguments.work, arguments.workers)))
        return
    arguments.work.mkdir(parents=True, exist_ok=True)
    sides = {side: partial(run, arguments, workers) for side, workers in SIDES.items()}
    runs = alternate(sides, arguments.repeats, arguments.wait, lambda one: f"{one['seconds']:,.1f} s")
    publish(report(runs), arguments.out)


if __name__ == "__main__":
    main()
