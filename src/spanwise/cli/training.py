"""What `spanwise train` and `spanwise distill` show: how far they are, and what they made."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from spanwise.cli.output import print_json, safe_name
from spanwise.cli.progress import step_progress

if TYPE_CHECKING:
    from spanwise.train.progress import ReportTraining, TrainingProgress
    from spanwise.train.training import Trained


@contextmanager
def training_progress() -> "Iterator[ReportTraining]":
    """Give a callback that shows on stderr how far a training is: a bar on a terminal, lines elsewhere."""
    with step_progress(stages=True) as report:
        yield lambda state: report(describe(state), state.step, state.steps)


def print_trained(trained: "Trained", *, as_json: bool) -> None:
    """Print what a training reached and where it is; of several processes the first prints."""
    from spanwise.train.loop.arguments import is_first_process

    if not is_first_process():
        return
    if as_json:
        print_json({"folder": str(trained.folder), "metrics": trained.metrics, "already": trained.already})
        return
    from spanwise.cli.evaluate_tables import print_squad

    for name, metrics in trained.metrics.items():
        print_squad(name, metrics)
    typer.echo(f"Wrote {safe_name(str(trained.folder))}.")


def notify(text: str) -> None:
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
