"""Measures as a person reads them."""

from collections.abc import Mapping
from typing import Any

import typer

from spanwise.cli.output import one_line

GROUPS = (("all", ""), ("answerable", "HasAns_"), ("unanswerable", "NoAns_"))


def print_squad(name: str, metrics: Mapping[str, Any]) -> None:
    """Print SQuAD's metrics of one file."""
    typer.echo(f"{one_line(name):<14} {'questions':>10} {'exact':>8} {'F1':>8}")
    for label, prefix in GROUPS:
        if f"{prefix}total" in metrics:
            exact, f1 = metrics[f"{prefix}exact"], metrics[f"{prefix}f1"]
            typer.echo(f"  {label:<12} {metrics[f'{prefix}total']:>10,} {exact:>8.2f} {f1:>8.2f}")
    if "null_threshold" in metrics:
        used = metrics["null_threshold"]
        typer.echo("  never empty" if used is None else f"  empty where 'no answer' wins by more than {used:.4g}")
    if "best_f1" in metrics:
        for key, label in (("best_exact", "exact"), ("best_f1", "F1")):
            typer.echo(f"  best {label:<5} {metrics[key]:.2f} at a threshold of {metrics[f'{key}_thresh']:.4g}")
