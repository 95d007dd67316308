"""Progress of long work on stderr: a bar on a terminal, a line now and then elsewhere."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spanwise.cli.output import echo, megabytes, safe_name, verbosity
from spanwise.progress import ReportStep, no_steps

if TYPE_CHECKING:
    from spanwise.pipeline.sync.progress import ReportProgress, SyncProgress

LINE_EVERY = 15.0  # seconds between two lines where stderr is not a terminal
LOOK_EVERY = 0.5  # seconds between two looks at how far it is
SMOOTHED = 15.0  # seconds over which a rate is averaged


@contextmanager
def step_progress(*, stages: bool = False) -> Iterator[ReportStep]:
    """
    Give a callback that shows what is being done and how far it is.

    :param stages: Whether each new stage gets a line of its own; a stage is the text before two spaces.
    """
    if verbosity.quiet:
        yield no_steps
        return
    if not sys.stderr.isatty():
        yield _lines(stages)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True, refresh_per_second=5) as bar:
        task = bar.add_task("starting", total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, total=total or None, completed=done)

        yield report


@contextmanager
def sync_progress(*, note_kept: bool = True) -> "Iterator[ReportProgress]":
    """
    Give a callback that shows how far a sync is.

    :param note_kept: Whether to print what is kept when it is interrupted.
    """
    work, passages = Rate(), Rate()
    newest: SyncProgress | None = None

    def show(state: "SyncProgress") -> None:
        nonlocal newest
        newest, now = state, time.monotonic()
        work.update(state.bytes, now)
        passages.update(state.passages, now)
        report(describe_sync(state, work.rate, passages.rate), int(state.bytes), state.bytes_total)

    try:
        with step_progress() as report:
            yield show
    except KeyboardInterrupt:
        if note_kept:
            start = "\n" if sys.stderr.isatty() else ""  # the terminal has shown ^C on this line
            kept = "what was committed stays"
            if newest is not None and newest.kept:
                kept = f"{newest.kept:,} of {newest.files_total:,} files were indexed and stay"
            echo(f"{start}interrupted: {kept}; run the same command again to go on", err=True)
        raise


class Rate:
    """How fast something grows, as of the last half minute or so."""

    def __init__(self) -> None:
        self.rate = 0.0
        self._last: tuple[float, float] | None = None
        self._sum = self._weight = 0.0

    def update(self, total: float, now: float) -> None:
        """
        Note how much there is.

        :param now: Seconds on a clock that never goes back.
        """
        if self._last is None:
            self._last = (total, now)
        passed = now - self._last[1]
        if passed < LOOK_EVERY:
            return
        kept = math.exp(-passed / SMOOTHED)
        self._sum = kept * self._sum + (1 - kept) * (total - self._last[0]) / passed
        self._weight = kept * self._weight + (1 - kept)
        self.rate, self._last = self._sum / self._weight, (total, now)


@contextmanager
def spinner(what: str) -> Iterator[None]:
    """Show a spinner while something takes time."""
    with step_progress() as report:
        report(what, 0, 0)
        yield


def describe_sync(state: "SyncProgress", bytes_rate: float, passages_rate: float) -> str:
    """
    Return one line about a sync.

    :param bytes_rate: Bytes of files a second.
    :param passages_rate: Passages embedded a second.
    """
    if not state.files_total:
        return state.doing
    name = safe_name(state.file) if state.doing == "converting" else ""
    shown = name if len(name) <= 32 else f"...{name[-29:]}"
    size = f"{state.bytes / 1e6:,.1f} of {megabytes(state.bytes_total)}"
    rest = max(0.0, state.bytes_total - state.bytes)
    left = f", about {rest / bytes_rate:,.0f} s left" if bytes_rate > 0 else ""
    files = f"{state.files:,}/{state.files_total:,} files, {size}"
    return f"{files}  {state.passages:,} passages, {passages_rate:.0f}/s{left}  {state.doing} {shown}".rstrip()


def _lines(stages: bool) -> ReportStep:
    last, stage = time.monotonic(), ""

    def report(what: str, done: int, total: int) -> None:
        nonlocal last, stage
        before, stage = stage, what.partition("  ")[0]
        if time.monotonic() - last >= LINE_EVERY or (stages and before not in {"", stage}):
            last = time.monotonic()
            echo(f"{what}: {done / total:.0%}" if total else what, err=True)

    return report
