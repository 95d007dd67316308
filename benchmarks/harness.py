"""What the benchmarks share: both sides in turn on a machine that others may use too, and tables that say where."""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SIDES = ("spanwise", "Haystack")
QUIET = 0.25  # cores that others may use before a run begins
PACKAGES = (
    "spanwise", "haystack-ai", "faiss-haystack", "sentence-transformers-haystack", "transformers-haystack",
    "sentence-transformers", "transformers", "torch", "onnxruntime", "tokenizers", "faiss-cpu", "numpy", "trafilatura",
    "markitdown", "kreuzberg", "turbohtml", "pypdf", "pypdfium2", "lxml",
)  # fmt: skip
Result = dict[str, Any]


class Stages:
    """Seconds by stage, counted around the calls that make it up."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside to a stage."""
        began = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - began

    def watch(self, owner: Any, attribute: str, name: str) -> None:
        """Count the calls of a function or method to a stage."""
        function: Callable[..., Any] = getattr(owner, attribute)

        @wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                return function(*args, **kwargs)

        setattr(owner, attribute, counted)


class OtherWork:
    """How many cores other processes have used since this was made; NaN where the system does not tell."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._busy, self._children = busy_seconds(), _own_seconds()

    def cores(self) -> float:
        """Return the mean number of cores used by others."""
        busy = busy_seconds() - self._busy - (_own_seconds() - self._children)
        return max(0.0, busy) / (time.perf_counter() - self._began)


def busy_seconds() -> float:
    """Return the seconds that all processes of this machine have had of its processors; NaN where that is not told."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:8]]
    except OSError:
        return float("nan")
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def wait_for_quiet(seconds: float) -> None:
    """Wait, at most so long, until other processes leave this machine's cores alone."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        others = OtherWork()
        time.sleep(min(5.0, seconds))
        if not others.cores() > QUIET:
            return


def alternate(
    measure: Mapping[str, Callable[[], Result]], repeats: int, wait: float, shown: Callable[[Result], str]
) -> dict[str, list[Result]]:
    """Measure the sides in turn, A B A B, and report each run on stderr."""
    runs: dict[str, list[Result]] = {side: [] for side in measure}
    for repeat in range(repeats):
        for side, run in measure.items():
            wait_for_quiet(wait)
            runs[side].append(run())
            print(f"{repeat + 1}/{repeats} {side}: {shown(runs[side][-1])}", file=sys.stderr, flush=True)
    return runs


def pairwise_ratio(runs: Mapping[str, Sequence[Result]], value: Callable[[Result], float]) -> float:
    """Return the median over the repeats of ours / theirs."""
    ours, theirs = (runs[side] for side in SIDES)
    return statistics.median(value(a) / value(b) for a, b in zip(ours, theirs, strict=True))


def row(
    name: str, runs: Mapping[str, Sequence[Result]], value: Callable[[Result], float], form: str = ",.1f"
) -> list[str]:
    """Return a table row: the medians of both sides and the median ratio."""
    medians = [statistics.median(map(value, runs[side])) for side in SIDES]
    ratio = f"{pairwise_ratio(runs, value):.2f}" if all(medians) else ""
    return [name, *(format(median, form) for median in medians), ratio]


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, all columns but the first aligned right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def environment() -> str:
    """Return the paragraph that says when, of which commit, on what and with which versions a table was made."""
    versions = []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    date = datetime.now(UTC).date().isoformat()
    return (
        f"{date}, commit {_commit()}, {_machine()}, Python {platform.python_version()}.\n\nVersions: "
        f"{', '.join(versions)}."
    )


def _commit() -> str:
    """Return the commit of the spanwise that is measured."""
    spec = find_spec("spanwise")
    if spec is None or spec.origin is None:
        sys.exit("expected spanwise to be installed, found it is not: pip install -e .")
    command = ["git", "-C", str(Path(spec.origin).parent), "describe", "--always", "--dirty", "--exclude=*"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _machine() -> str:
    try:
        avx2 = " with AVX2" if " avx2 " in Path("/proc/cpuinfo").read_text(encoding="utf-8") else ""
    except OSError:
        avx2 = ""
    return f"{os.cpu_count()} cores, {platform.machine().replace('_', '-')}{avx2}"


def publish(text: str, out: Path | None) -> None:
    """Print a page of results, and write it where it is wanted."""
    print(text)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(f"{text}\n", encoding="utf-8")
