"""What `spanwise train` and `spanwise distill` show: how far they are, and what they made."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from spanwise.cli.output import print_json, safe_name

if TYPE_CHECKING:
    from spanwise.train.progress import ReportTraining, TrainingProgress
    from spanwise.train.run import Trained

LINE_EVERY = 30.0  # seconds between two lines where stderr is not a terminal


@contextmanager
def training_progress() -> "Iterator[ReportTraining]":
    """Give a callback that shows on stderr how far a training is: a bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines().report
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4) as bar:
        task = bar.add_task("preparing", total=None)

        def report(state: "TrainingProgress") -> None:
            bar.update(task, description=describe(state), total=state.steps or None, completed=state.step)

        yield report


def print_trained(trained: "Trained", *, as_json: bool) -> None:
    """Print what a training reached and where it is; of several processes the first prints."""
    from spanwise.train.arguments import is_first_process

    if not is_first_process():
        return
    if as_json:
        print_json({"folder": str(trained.folder), "metrics": trained.metrics, "already": trained.already})
        return
    from spanwise.cli.evaluate_tables import print_squad

    for name, metrics in trained.metrics.items():
        print_squad(name, metrics)
    typer.echo(f"Wrote {safe_name(str(trained.folder))}.")


def say(text: str) -> None:
    """Tell a person something, on stderr."""
    typer.echo(safe_name(text), err=True)


def describe(state: "TrainingProgress") -> str:
    """Return one line about a training."""
    parts = [state.what]
    if state.steps:
        parts.append(f"{state.step:,}/{state.steps:,}")
    if state.loss is not None:
        parts.append(f"loss {state.loss:.3f}")
    if state.f1 is not None and state.best_f1 is not None:
        parts.append(f"F1 {state.f1:.1f} (best {state.best_f1:.1f})")
    if state.tokens_per_second is not None:
        parts.append(f"{state.tokens_per_second:,.0f} tokens/s")
    if state.seconds_left is not None:
        parts.append(f"{_duration(state.seconds_left)} left")
    return "  ".join(parts)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


class _Lines:
    def __init__(self) -> None:
        self._last = time.monotonic()
        self._what = ""

    def report(self, state: "TrainingProgress") -> None:
        now = time.monotonic()
        if now - self._last >= LINE_EVERY or state.what not in {self._what, "preparing"}:
            self._last, self._what = now, state.what
            typer.echo(describe(state), err=True)
