"""Progress of long work on stderr: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from spanwise.cli.output import safe_name

if TYPE_CHECKING:
    from spanwise.pipeline.sync import ReportProgress, SyncProgress

ReportStep = Callable[[str, int, int], None]
LINE_EVERY = 15.0  # seconds between two lines where stderr is not a terminal


@contextmanager
def sync_progress() -> "Iterator[ReportProgress]":
    """Give a callback that shows how far a sync is."""
    if not sys.stderr.isatty():
        yield _Lines().report
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=5) as bar:
        task = bar.add_task("scanning", total=None, rate="")
        began = time.monotonic()

        def report(state: "SyncProgress") -> None:
            name = safe_name(state.file)
            shown = name if len(name) <= 32 else f"...{name[-29:]}"
            bar.update(
                task,
                description=f"{state.files:,}/{state.files_total:,} files  {shown}",
                total=max(1, state.bytes_total),
                completed=state.bytes,
                rate=f"{state.passages:,} passages, {_rate(state.passages, began):.0f}/s",
            )

        yield report


@contextmanager
def step_progress() -> Iterator[ReportStep]:
    """Give a callback that shows what is being done, how much of it is done and how much there is, 0 if unknown."""
    if not sys.stderr.isatty():
        yield _StepLines().report
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=5) as bar:
        task = bar.add_task("opening the index", total=None)

        def report(what: str, done: int, total: int) -> None:
            share = f"  {done / total:.0%}" if total else ""
            bar.update(task, description=f"{what}{share}", total=total or None, completed=done)

        yield report


@contextmanager
def spinner(what: str) -> Iterator[None]:
    """Show that something takes its time."""
    with step_progress() as report:
        report(what, 0, 0)
        yield


class _StepLines:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def report(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= LINE_EVERY:
            self._last = now
            typer.echo(f"{what}: {done / total:.0%}" if total else what, err=True)


class _Lines:
    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    def report(self, state: "SyncProgress") -> None:
        now = time.monotonic()
        if now - self._last < LINE_EVERY:
            return
        self._last = now
        share = state.bytes / max(1, state.bytes_total)
        left = f", about {(now - self._began) * max(0.0, 1 - share) / share:.0f} s left" if share > 0 else ""
        typer.echo(
            f"{state.files:,} of {state.files_total:,} files, {state.passages:,} passages, "
            f"{_rate(state.passages, self._began):.0f} passages/s{left}",
            err=True,
        )


def _rate(count: int, began: float) -> float:
    return count / max(1e-9, time.monotonic() - began)
