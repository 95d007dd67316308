"""What the benchmarks of hostile things share: a process that is watched, and the table of what became of each."""

import argparse
import fnmatch
import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.harness import environment, markdown_table, publish

GUARD = Path(__file__).with_name("guard")
LAUNCH = Path(__file__).with_name("launch.py")
ROOT = Path(__file__).parents[3]
FAULTS = ("Traceback", "Fatal Python error", "panicked", "Segmentation")
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Ran:
    """
    What became of a process.

    :param code: How it ended; None if it took longer than it may and was ended.
    :param text: What it printed.
    :param peak: Bytes of its largest process; 0 if it was ended.
    :param requests: What it wanted of a network.
    :param outside: Files that it changed outside the folder that it may.
    """

    code: int | None
    text: str
    seconds: float
    peak: int
    requests: tuple[str, ...]
    outside: tuple[str, ...]

    @property
    def last_line(self) -> str:
        """The last line that it printed."""
        return (self.text.strip().splitlines() or [""])[-1]

    @property
    def fault(self) -> str:
        """What it may never do, or nothing."""
        if self.code is None:
            return "HANGS"
        if self.code < 0:
            return f"DIES by {signal.Signals(-self.code).name}"
        if self.requests or self.outside:
            return f"REACHES OUT: {[*self.requests, *self.outside][:3]}"
        if any(word in self.text for word in FAULTS):
            return f"FAILS: {self.last_line[-200:]!r}"
        raw = re.search(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", self.text)
        return f"PRINTS {raw[0]!r}" if raw else ""


def run(words: Sequence[object], work: Path, *, longest: float, outside: Path | None = None) -> Ran:
    """
    Run a command in a process of its own, without a network.

    :param work: A folder that it may write to.
    :param longest: Seconds after which it is ended.
    :param outside: A folder that it may not change; a file `log` beside it is this function's own.
    """
    log, said = work / "guard.log", work / "said"
    log.write_text("")
    before = {} if outside is None else digests(outside)
    (work / "state").mkdir(exist_ok=True)
    environment_ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(GUARD), str(ROOT), str(ROOT / "src")]),
        "SPANWISE_GUARD": str(log),
        "SPANWISE_ALLOWED": str(work),
        "XDG_STATE_HOME": str(work / "state"),
        "HF_HOME": str(work / "state" / "hub"),
        "TMPDIR": str(work),
        "TORCHINDUCTOR_CACHE_DIR": str(work / "state" / "torch"),  # which importing torch may make
    }
    environment_.pop("HF_HUB_OFFLINE", None)  # nothing but the program itself is to keep it from asking
    report = work / "report"
    report.unlink(missing_ok=True)
    began = time.monotonic()
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-ES", LAUNCH, report, *(str(word) for word in words)], stdout=output, stderr=output,
            stdin=subprocess.DEVNULL, env=environment_, start_new_session=True, cwd=work,
        )  # fmt: skip
        code, peak = None, 0
        try:
            process.wait(longest)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        else:
            status, kilobytes = map(int, report.read_text().split())
            code, peak = os.waitstatus_to_exitcode(status), kilobytes * 1024
    seconds = time.monotonic() - began
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    changed = [line for line in lines if not line.startswith("request")]
    if outside is not None:
        after = digests(outside)
        changed += [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]
    requests = tuple(line for line in lines if line.startswith("request"))
    text = said.read_text(encoding="utf-8", errors="replace")
    return Ran(code, text, seconds, peak, requests, tuple(changed))


def digests(folder: Path) -> dict[str, str]:
    """Return for each file of a folder what tells its bytes from others."""
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*") if file.is_file()}


@dataclass(frozen=True)
class Row:
    """One line of a table; `found` begins with "ok" where all is well."""

    name: str
    found: str
    ran: Ran


def report(title: str, names: Iterable[str], judge: Callable[[str, Path], Row], description: str) -> None:
    """
    Judge each of some hostile things in a folder of its own, print what became of it, and exit with 1 if any was wrong.

    :param judge: Given a name and an empty folder, makes the thing and uses it.
    :param description: Of the command line.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", help="a glob of names")
    parser.add_argument("--out", type=Path, help="also write the table here")
    arguments = parser.parse_args()
    rows = []
    for name in names:
        if not fnmatch.fnmatch(name, arguments.only):
            continue
        with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
            work = Path(folder).resolve()
            row = judge(name, work)
            row = replace(row, found=row.found.replace(str(work), "."))
        rows.append(row)
        print(f"{row.name:<40} {row.ran.seconds:6.1f} s {row.ran.peak / MEGABYTE:7,.0f} MB  {row.found}", flush=True)
    wrong = [row for row in rows if not row.found.startswith("ok")]
    publish(f"{table(title, rows)}\n\n{environment()}", arguments.out)
    sys.exit(1 if wrong else 0)


def table(title: str, rows: Sequence[Row]) -> str:
    """Return the page that says what became of each."""
    cells = [
        [
            _cell(row.name[:60]), f"{row.ran.seconds:.1f}", f"{row.ran.peak / MEGABYTE:,.0f}",
            str(len(row.ran.requests)), str(len(row.ran.outside)), _cell(row.found),
        ]
        for row in rows
    ]  # fmt: skip
    counts = {
        "crashes": sum(row.ran.code is not None and row.ran.code < 0 for row in rows),
        "hangs": sum(row.ran.code is None for row in rows),
        "requests": sum(len(row.ran.requests) for row in rows),
        "files touched outside": sum(len(row.ran.outside) for row in rows),
        "wrong in another way": sum(not row.found.startswith("ok") for row in rows),
    }
    counted = ", ".join(f"{count} {what}" for what, count in counts.items())
    longest = max((row.ran.seconds for row in rows), default=0.0)
    head = ["name", "seconds", "MB", "requests", "outside", "what happened"]
    counted = f"{len(rows)} in all: {counted}. The longest took {longest:.0f} s."
    return f"# {title}\n\n{counted}\n\n{markdown_table(head, cells)}"


def _cell(text: str) -> str:
    return text.encode("unicode_escape").decode().replace("|", "\\|")[:240]
