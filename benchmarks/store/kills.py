"""
Kill processes that write an index, with SIGKILL, and look whether anything is lost.

    python -m benchmarks.store.kills [--kills 200] [--seed 0] [--scratch .] [--out benchmarks/store/kills.md]

Each kill has a copy of its own of an index, and a forked process that syncs a folder, writes, overwrites or deletes
documents, compacts, or changes the type. At most two thirds of them die at a named point: before or after a write,
sync, rename, removal or commit, every operation and every point in turn. The others die at a moment drawn from the time
that the operation, one of its transactions or SQLite's commit took in a rehearsal; one that was done before its moment
is not counted, and another is drawn. Then the index must open, be as one of its commits left it and have no damage, and
the same operation, run again, must complete. The exit code is 1 if any index failed.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchmarks.harness import environment, markdown_table, publish
from benchmarks.store.kill_operations import DIMENSION, FILE_WORDS, FILES, STORED, WORDS, Operation, operations

sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))

STRUCTURE_ROWS = 1_000  # segments this large get a FAISS file here; 10,000 otherwise
RANDOM = {
    "a moment": ("begun", None),
    "a moment of a transaction": ("transaction begun", "after commit"),
    "a moment of SQLite's commit": ("before commit", "after commit"),
}
PHASES = {
    "before it writes": ("begun", "folder", "before format", "after format", "catalogue", "parents"),
    "rows": ("transaction", "rows", "sources", "words"),
    "vector and FAISS files": ("vectors", "faiss", "segments"),
    "SQLite's commit": ("before commit",),
    "after it": ("after commit", "file", "old vectors", "before vacuum", "after vacuum", "log"),
}


@dataclass
class Verdict:
    """What one kill came to."""

    operation: str
    where: str
    died_after: str
    left: str = "neither"
    problems: list[str] = field(default_factory=list)
    completed: bool = False

    @property
    def good(self) -> bool:
        """Whether nothing was lost."""
        return self.left != "neither" and not self.problems and self.completed


def copied(operation: Operation, scratch: Path) -> Path:
    """Return the folder of another copy of the operation's index."""
    path = Path(tempfile.mkdtemp(dir=scratch)) / "index.v1"
    if operation.base is not None:
        shutil.copytree(operation.base, path)
    return path


def judged(operation: Operation, where: str, ending: Any, path: Path) -> Verdict:
    """Look at what a kill has left, and do the operation again."""
    from whole import leftovers_of, problems_of, state_of

    states = operation.whole.states
    verdict = Verdict(operation.name, where, ending.passed[-1] if ending.passed else "begun")
    try:
        found = state_of(path)
        if found in ending.allowed(states):
            verdict.left = "before" if found == states[0] else "after" if found == states[-1] else "between"
        verdict.problems = [] if found is None else problems_of(path)
        operation.act(path)
        same = in_any_order(state_of(path)) == in_any_order(states[-1])
        verdict.completed = same and not problems_of(path) and not leftovers_of(path)
    except Exception as error:
        verdict.problems.append(repr(error))
    shutil.rmtree(path.parent)
    return verdict


def in_any_order(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state by the ids of its documents: a sync in two parts may add them in another order."""
    return {**state, "documents": {document["id"]: document for document in state["documents"]}}


def named_kills(made: Sequence[Operation]) -> Iterator[tuple[Operation, int]]:
    """Yield each operation with each of its points, the operations in turn."""
    from crash import steps

    for row in zip_longest(*([(operation, step) for step in steps(operation.whole.points)] for operation in made)):
        yield from (pair for pair in row if pair is not None)


def random_kills(made: Sequence[Operation], chance: random.Random, scratch: Path) -> Iterator[tuple[Any, ...]]:
    """Yield kills at random moments for ever, the operations in turn."""
    from crash import die_after

    while True:
        for where, (since, until) in RANDOM.items():
            for operation in made:
                while True:
                    path = copied(operation, scratch)
                    occurrence = chance.randint(1, max(1, operation.whole.points.count(since)))
                    longest = operation.whole.seconds(since, until, occurrence=occurrence)
                    act = partial(operation.act, path)
                    ending = die_after(chance.uniform(0, longest), act, since=since, occurrence=occurrence)
                    if ending.killed:
                        break
                    shutil.rmtree(path.parent)  # it was done before
                yield operation, where, ending, path


def run(kills: int, seed: int, scratch: Path) -> tuple[list[Operation], list[Verdict]]:
    """Rehearse every operation, then kill it again and again."""
    from crash import die_at_step, rehearse
    from whole import state_of

    made = operations(scratch)
    for operation in made:
        path = copied(operation, scratch)
        operation.whole = rehearse(partial(operation.act, path), partial(state_of, path))
    verdicts: list[Verdict] = []

    def count(operation: Operation, where: str, ending: Any, path: Path) -> None:
        verdicts.append(judged(operation, where, ending, path))
        last = verdicts[-1]
        shown = f"{len(verdicts)}/{kills} {last.operation}, {last.where}: as {last.left}, {last.problems or 'sound'}"
        print(shown, file=sys.stderr, flush=True)

    for operation, step in list(named_kills(made))[: 2 * kills // 3]:
        path = copied(operation, scratch)
        ending = die_at_step(step, partial(operation.act, path))
        count(operation, operation.whole.points[step - 1], ending, path)
    at_random = random_kills(made, random.Random(seed), scratch)
    while len(verdicts) < kills:
        count(*next(at_random))
    return made, verdicts


def tally(verdicts: Sequence[Verdict]) -> list[str]:
    """Return the numbers of a row."""
    left = Counter(verdict.left for verdict in verdicts)
    return [
        f"{len(verdicts)}",
        *(f"{left[name]}" for name in ("before", "between", "after", "neither")),
        f"{sum(bool(verdict.problems) for verdict in verdicts)}",
        f"{sum(verdict.completed for verdict in verdicts)}",
    ]


def report(made: Sequence[Operation], verdicts: Sequence[Verdict], scratch: Path) -> str:
    """Return the page of results."""
    head = ["kills", "as before", "between its commits", "as after", "neither", "damaged", "completed again"]
    of = {operation.name: [v for v in verdicts if v.operation == operation.name] for operation in made}
    by_operation = [[name, *tally(mine)] for name, mine in of.items()]
    by_point = [
        [name, where, *tally([verdict for verdict in mine if verdict.where == where])]
        for name, mine in of.items()
        for where in dict.fromkeys(verdict.where for verdict in mine)
    ]
    at_random = [verdict for verdict in verdicts if verdict.where in RANDOM]
    phases = [
        [name, *(f"{sum(v.died_after.startswith(phase) for v in at_random if v in mine)}" for phase in PHASES.values())]
        for name, mine in of.items()
    ]
    seconds = ", ".join(f"{operation.name} {operation.whole.seconds():.2f}" for operation in made)
    summary = (
        f"{len(verdicts)} kills with SIGKILL, {len(at_random)} of them at random moments: "
        f"{sum(not v.good for v in verdicts)} lost anything. A folder of {FILES} files of {FILE_WORDS:,} words, stores "
        f"of {STORED:,} documents of {WORDS} words and {DIMENSION} dimensions; segments of {STRUCTURE_ROWS:,} vectors "
        f"get a FAISS file. Seconds that each operation takes: {seconds}."
    )
    return "\n\n".join(
        (
            "# Kills",
            f"{environment()} The disk: {file_system(scratch)}.",
            summary,
            markdown_table(["operation", *head], [*by_operation, ["together", *tally(verdicts)]]),
            "A first sync commits as it goes. Compacting changes nothing that is seen: all is as before.",
            "The random ones died here:",
            markdown_table(["operation", *PHASES], phases),
            "Where each was killed:",
            markdown_table(["operation", "killed at", *head], by_point),
        )
    )


def file_system(path: Path) -> str:
    """Return the kind of file system that a folder is on."""
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    holding = [(len(place), kind) for place, kind in mounts if path.resolve().is_relative_to(place)]
    return max(holding)[1]


def main() -> None:
    """Kill, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="for the random moments (default 0)")
    parser.add_argument(
        "--scratch", type=Path, default=Path(), help="a folder on a real disk (default: the current one)"
    )
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    arguments = parser.parse_args()
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    from spanwise.index.faiss import index_types
    from spanwise.index.faiss.faiss_index import load_faiss

    load_faiss().omp_set_num_threads(1)  # the threads of a parent are missing in its children
    index_types.MIN_ROWS = STRUCTURE_ROWS
    with tempfile.TemporaryDirectory(prefix="kills-", dir=arguments.scratch) as scratch:
        made, verdicts = run(arguments.kills, arguments.seed, Path(scratch))
        publish(report(made, verdicts, Path(scratch)), arguments.out)
    sys.exit(not all(verdict.good for verdict in verdicts))


if __name__ == "__main__":
    main()
