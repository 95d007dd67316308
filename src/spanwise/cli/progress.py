"""Progress of long work on stderr: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spanwise.cli.output import echo, safe_name, verbosity
from spanwise.progress import ReportStep

if TYPE_CHECKING:
    from spanwise.pipeline.sync import ReportProgress, SyncProgress

LINE_EVERY = 15.0  # seconds between two lines where stderr is not a terminal


@contextmanager
def step_progress(*, stages: bool = False) -> Iterator[ReportStep]:
    """
    Give a callback that shows what is being done and how far it is.

    :param stages: Whether a new stage, which is what stands before two spaces, is a line of its own.
    """
    if verbosity.quiet:
        yield _say_nothing
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
def sync_progress() -> "Iterator[ReportProgress]":
    """Give a callback that shows how far a sync is."""
    began = time.monotonic()
    with step_progress() as report:
        yield lambda state: report(describe_sync(state, time.monotonic() - began), int(state.bytes), state.bytes_total)


@contextmanager
def spinner(what: str) -> Iterator[None]:
    """Show a spinner while something takes time."""
    with step_progress() as report:
        report(what, 0, 0)
        yield


def describe_sync(state: "SyncProgress", seconds: float) -> str:
    """
    Return one line about a sync.

    :param seconds: Since it began.
    """
    name = safe_name(state.file)
    shown = name if len(name) <= 32 else f"...{name[-29:]}"
    share = state.bytes / max(1, state.bytes_total)
    left = f", about {seconds * max(0.0, 1 - share) / share:.0f} s left" if share > 0 else ""
    rate = state.passages / max(1e-9, seconds)
    return f"{state.files:,}/{state.files_total:,} files  {state.passages:,} passages, {rate:.0f}/s{left}  {shown}"


def _say_nothing(what: str, done: int, total: int) -> None:
    """Take the place of a progress display."""


def _lines(stages: bool) -> ReportStep:
    last, stage = time.monotonic(), ""

    def report(what: str, done: int, total: int) -> None:
        nonlocal last, stage
        before, stage = stage, what.partition("  ")[0]
        if time.monotonic() - last >= LINE_EVERY or (stages and before not in {"", stage}):
            last = time.monotonic()
            echo(f"{what}: {done / total:.0%}" if total else what, err=True)

    return report
