"""
Measure how indexing and asking grow with the corpus.

    python -m benchmarks.scale.scale DOCUMENTS --work DIR [--sizes 1000 10000 100000] [--embedded 1000] [--out FILE]

DOCUMENTS is a folder of real documents. Of its files, in an order that their names decide, folders of about so many
passages are made, each the beginning of the next. Each is indexed in a new process and asked in another. Up to
--embedded passages are really embedded; the vectors of larger corpora are made around those of the smallest, which
takes a tenth of the processor time, and all else about them is real. At last a process builds the graph of the largest
size while another one writes. What is in DIR is used again, so that an interrupted run goes on.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.harness import OtherWork, Result, environment, markdown_table, publish
from benchmarks.scale.asking import TOP_K, ask
from benchmarks.scale.folders import lay
from benchmarks.scale.indexing import index_folder
from benchmarks.scale.made import vectors_of
from benchmarks.scale.waiting import wait
from benchmarks.store.passages import Vectors

from spanwise.retrieve.retriever import SEARCHED

QUESTIONS = Path(__file__).parents[1] / "realdocs" / "questions.json"


def step(name: str, work: Path, size: int, arguments: argparse.Namespace) -> Result:
    """Return what a step measured, from its file or by a new process."""
    file = work / f"{name}-{size}.json"
    if not file.exists():
        others = OtherWork()
        command = [sys.executable, "-m", "benchmarks.scale.scale", str(arguments.documents), "--work", str(work)]
        command += ["--embedded", str(arguments.embedded), "--questions", str(arguments.questions)]
        command += ["--sizes", *map(str, arguments.sizes), "--step", name, "--size", str(size)]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if ran.returncode != 0:
            sys.exit(f"the step {name} failed at {size:,} passages")
        measured = json.loads(ran.stdout.splitlines()[-1]) | {"others": others.cores()}
        file.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    found: Result = json.loads(file.read_text(encoding="utf-8"))
    return found


def do_step(arguments: argparse.Namespace) -> Result:
    """Do one step in this process."""
    work, size = arguments.work, arguments.size
    index, smallest = work / f"index-{size}", work / f"index-{min(arguments.sizes)}"
    base: Vectors | None = vectors_of(smallest) if size > arguments.embedded else None
    if arguments.step == "index":
        return index_folder(work / f"documents-{size}", index, base)
    if arguments.step == "ask":
        known = json.loads(QUESTIONS.read_text(encoding="utf-8"))["questions"]
        return ask(index, [one["question"] for one in known[: arguments.questions]], base)
    return wait(work / f"waiting-{size}", vectors_of(smallest), size)


def report(found: dict[int, Result], waited: Result, arguments: argparse.Namespace) -> str:
    """Return the page of results."""
    sizes = list(found)

    def row(name: str, value: Callable[[Result], object], form: str = ",.0f") -> list[str]:
        return [name, *(format(value(found[size]), form) for size in sizes)]

    lines = [
        row("files", lambda one: one["files"]),
        row("MB of files", lambda one: one["source_bytes"] / 1e6, ",.1f"),
        row("passages", lambda one: one["passages"]),
        row("of which other texts, so that they need a vector of their own", lambda one: one["embedded"]),
        ["vectors", *("embedded" if size <= arguments.embedded else "made" for size in sizes)],
        row("index: seconds of the processors", lambda one: one["cpu"], ",.1f"),
        row("index: passages a second of one processor", lambda one: one["passages"] / one["cpu"], ",.1f"),
        row("index: seconds by the clock", lambda one: one["seconds"]),
        row("index: cores that others used meanwhile", lambda one: one["index_others"], ".2f"),
        row("index: peak memory, MB", lambda one: one["peak"] / 1e6),
        row("index: peak memory of the converting process, MB", lambda one: one["converter_peak"] / 1e6),
        row("index on the disk, bytes a passage", lambda one: one["bytes"] / one["passages"]),
        row("find passages, ms of the processors", lambda one: one["retrieve_cpu"], ",.1f"),
        row("of which by vectors", lambda one: one["dense_cpu"], ",.1f"),
        row("of which by words", lambda one: one["lexical_cpu"], ",.1f"),
        row("read them, ms of the processors", lambda one: one["read_cpu"], ",.1f"),
        row("find passages and read them, ms by the clock", lambda one: one["retrieve"] + one["read"], ",.1f"),
        row(f"of the true {TOP_K} nearest, found by a search for {TOP_K}", lambda one: one["recall"], ".3f"),
        row(f"found by a search for {SEARCHED}, as for a question", lambda one: one["recall_asked"], ".3f"),
    ]
    introduction = (
        f"{environment()}\n\nReal documents; medians over {arguments.questions} questions, one at a time. Finding is "
        "embedding the question, dense and lexical search and their fusion; reading is all the rest."
    )
    parts = ["# How it grows", introduction, markdown_table(["", *(f"{size:,}" for size in sizes)], lines)]
    return "\n\n".join([*parts, growth(found), waiting(waited, arguments.waiting)])


def growth(found: dict[int, Result]) -> str:
    """Return how the measures grow from one size to the next, beside the square root of the passages."""
    lines = []
    for before, after in pairwise(found):
        one, other = found[before], found[after]
        more = other["passages"] / one["passages"]
        ratios = [more, math.sqrt(more), *(other[name] / one[name] for name in ("retrieve_cpu", "read_cpu", "peak"))]
        lines.append([f"{before:,} to {after:,}", *(f"{ratio:.2f}" for ratio in ratios)])
    return markdown_table(["times as much", "passages", "their square root", "find", "read", "peak memory"], lines)


def waiting(found: Result, rows: int) -> str:
    """Return what building a large FAISS file takes, and what a writer has of it meanwhile."""
    (build, build_cpu), (extend, extend_cpu) = found["build"], found["extend"]
    covered = ", ".join(f"{have:,} of {all_rows:,}" for have, all_rows in found["covered"])
    lines = [
        [f"build the graph of {rows:,} vectors", f"{build:,.1f}", f"{build_cpu:,.1f}"],
        ["add half as many, and extend it", f"{extend:,.1f}", f"{extend_cpu:,.1f}"],
        [f"the longest of {found['added']} writes by another process while it was built", f"{found['wait']:,.2f}", ""],
    ]
    table = markdown_table(["", "seconds", "of the processors"], lines)
    return f"{table}\n\nAfterwards in a graph, by segment: {covered} vectors."


def main(given: Sequence[str] | None = None) -> None:
    """Index and ask every size, each in a new process, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, help="a folder of real documents")
    parser.add_argument("--work", type=Path, required=True, help="where folders and indexes are made, on the same disk")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="passages, ascending")
    parser.add_argument("--embedded", type=int, default=1_000, help="the most passages that are really embedded")
    parser.add_argument("--questions", type=int, default=30, help="questions asked of each corpus")
    parser.add_argument(
        "--waiting", type=int, default=100_000, help="vectors of the graph beside which a process writes"
    )
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    parser.add_argument("--step", choices=("index", "ask", "wait"), help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args(given)
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    if arguments.step is not None:
        print(json.dumps(do_step(arguments)))
        return
    arguments.work.mkdir(parents=True, exist_ok=True)
    lay(arguments.documents, arguments.sizes, arguments.work)
    found = {}
    for size in arguments.sizes:
        indexed = step("index", arguments.work, size, arguments)
        asked = step("ask", arguments.work, size, arguments)
        found[size] = {**indexed, **asked, "index_others": indexed["others"]}
    waited = step("wait", arguments.work, arguments.waiting, arguments)
    publish(report(found, waited, arguments), arguments.out)


if __name__ == "__main__":
    main()
