"""
Ask an index without a pause while its files change, and compare every answer with the text of the generation it names.

    python -m benchmarks.asking.consistency [--seconds 600] [--out benchmarks/asking/consistency.md]

One process writes files anew, removes some and syncs them, again and again. Four threads of it ask the same `Corpus`;
two other processes ask too, one a `Corpus` and one `query_pipeline`. The writer keeps the texts of every commit; each
answer, its context, its citations with their lines, and every passage that was read are compared with those of the
result's generation. So that this is known to find what it looks for, the same results are compared with the texts of
other generations as well. The exit code is 1 if anything was wrong.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.harness import environment, markdown_table, publish

SUPPORT = Path(__file__).parents[2] / "tests" / "support"
sys.path.append(str(SUPPORT))

THREADS = 4
PROCESSES = {"process, Corpus": "corpus", "process, query_pipeline": "pipeline"}
OTHERS = 3  # generations on either side that results are compared with too
HEAD = ("who asked", "questions", "answers", "citations", "passages", "generations", "wrong", "exceptions")


def run(seconds: float, scratch: Path) -> tuple[Any, dict[str, list[dict[str, Any]]]]:
    """Sync and ask for so long; returns the writer, and what each asker got."""
    from generations import FILES, Writer, ask_in_thread
    from spanwise.pipeline.corpus import Corpus

    path = scratch / "an.index"
    records: dict[str, list[dict[str, Any]]] = {}
    with Corpus(path, device="cpu") as corpus:
        writer = Writer(corpus, scratch / "documents", random.Random(0))
        writer.sync(FILES)
        processes = {}
        for seed, (name, kind) in enumerate(PROCESSES.items()):
            command = [sys.executable, str(SUPPORT / "generations.py"), kind, str(path), f"{seed}"]
            out = (scratch / f"{kind}.jsonl").open("w", encoding="utf-8")
            processes[name] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out), out
        ended = threading.Event()
        threads = []
        for number in range(THREADS):
            records[f"thread {number + 1}"] = []
            threads.append(ask_in_thread(corpus, number, ended, records[f"thread {number + 1}"]))
        until, shown = time.monotonic() + seconds, 0.0
        while time.monotonic() < until:
            writer.sync(writer.chance.randint(1, 4))
            if time.monotonic() > shown + 30:
                shown = time.monotonic()
                print(f"{until - shown:.0f} s left, generation {max(writer.generations)}", file=sys.stderr, flush=True)
        ended.set()
        for thread in threads:
            thread.join()
        for name, (process, out) in processes.items():
            process.communicate()
            out.close()
            lines = Path(out.name).read_text(encoding="utf-8").splitlines()
            records[name] = [json.loads(line) for line in lines]
            if process.returncode:
                records[name].append({"error": f"it ended with {process.returncode}"})
    return writer, records


def tally(records: list[dict[str, Any]], generations: dict[int, dict[str, str]]) -> Counter[str]:
    """Count what an asker was told, and what of it was wrong."""
    from generations import faults

    counts: Counter[str] = Counter()
    last = 0
    for record in records:
        if "error" in record:
            print(record["error"], file=sys.stderr)
            counts["exceptions"] += 1
            continue
        named = record["generation"]
        texts = generations.get(named)
        wrong = ["the generation was never committed"] if texts is None else faults(record, texts)
        if named < last:
            wrong.append(f"generation {named} after {last}")
        last = named
        for fault in wrong:
            print(fault, file=sys.stderr)
        counts["questions"] += 1
        counts["answers"] += len(record["answers"])
        counts["citations"] += sum(len(answer["citations"]) for answer in record["answers"])
        counts["passages"] += len(record["passages"])
        counts["wrong"] += bool(wrong)
        others = [generations.get(named + step, {}) for step in (-OTHERS, OTHERS)]
        counts["torn"] += any(texts and faults(record, texts) for texts in others)
    counts["generations"] = len({record["generation"] for record in records if "error" not in record})
    return counts


def report(seconds: float, writer: Any, counts: dict[str, Counter[str]]) -> str:
    """Return the page of results."""
    from generations import FILES

    total: Counter[str] = sum(counts.values(), Counter())
    total["generations"] = len(writer.generations)
    rows = [[name, *(f"{mine[column]:,}" for column in HEAD[1:])] for name, mine in counts.items()]
    summary = (
        f"For {seconds:.0f} seconds one process synced {FILES} files of changing text without a pause: "
        f"{writer.syncs:,} syncs, {writer.changed:,} files written and {writer.removed:,} removed, "
        f"{len(writer.generations):,} generations. Four threads of the same Corpus and two other processes asked "
        f"{total['questions']:,} questions meanwhile. Of the results, {total['wrong']:,} were not as the texts of the "
        f"generation that they name, and {total['exceptions']:,} were exceptions."
    )
    control = (
        "Compared were the words of each answer, its context, the place and the line of each citation, and every "
        "passage that was read; and that no asker is sent back to an earlier generation. That this finds what "
        f"it looks for: against the texts of {OTHERS} generations before or after, {total['torn']:,} of the same "
        "results are wrong."
    )
    table = markdown_table(HEAD, [*rows, ["together", *(f"{total[column]:,}" for column in HEAD[1:])]])
    return "\n\n".join(("# One generation a question", environment(), summary, table, control))


def main() -> None:
    """Run, and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        writer, records = run(arguments.seconds, Path(scratch))
    counts = {name: tally(mine, writer.generations) for name, mine in records.items()}
    publish(report(arguments.seconds, writer, counts), arguments.out)
    sys.exit(any(mine["wrong"] or mine["exceptions"] or not mine["questions"] for mine in counts.values()))


if __name__ == "__main__":
    main()
