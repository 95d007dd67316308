"""Measures as a person reads them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from spanwise.cli.output import one_line
from spanwise.evaluate.outcome import STAGES
from spanwise.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.evaluate.document import Difference, Turned

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


def print_corpus(result: Mapping[str, Any]) -> None:
    """Print the measures of one file of questions."""
    answers, retrieval, abstained = result["answers"], result["retrieval"], result["abstention"]
    confidence, isolation = result["confidence"], result["isolation"]
    asked, without = pluralize(result["questions"], "question"), result["unanswerable"]
    typer.echo(f"{one_line(result['data'])}: {asked}, {without:,} without answer")
    _line("answers", exact=_percent(answers["exact"]), F1=_percent(answers["f1"]))
    _line("", **{f"right in {depth}": _share(value) for depth, value in answers["right_in"].items()})
    _line("passages found", **{f"in {depth}": _share(value) for depth, value in retrieval["recall"].items()})
    _line("", MRR=_number(retrieval["mrr"]))
    if isolation is not None:
        isolated, integrated = isolation["isolated_f1"], isolation["integrated_f1"]
        _line("F1 when forced", **{"on its context": _percent(isolated), "of the corpus": _percent(integrated)})
    shares = {name: _share(abstained[name]) for name in ("rate", "precision", "recall")}
    _line("abstaining", **shares)
    _line(
        "confidence",
        **{"error, equal mass": _number(confidence["ece_equal_mass"])},
        **{"equal width": _number(confidence["ece_equal_width"]), "Brier": _number(confidence["brier"])},
    )
    _line("", **{"AUROC right": _number(confidence["auroc_right"])}, AURC=_number(confidence["aurc"]))
    _line("", **{"AUROC answerable": _number(confidence["auroc_answerable"])})
    for stage, times in result["latency_ms"].items():
        _line(f"{stage}, ms", p50=f"{times['p50']:.0f}", p95=f"{times['p95']:.0f}")
    for stage, count in result["lost_at"].items():
        if count and stage != "nothing":
            typer.echo(f"  {count:>6,} {stage.replace('_', ' ')}: {STAGES[stage]}")


def print_differences(differences: "Sequence[Difference]", turned: "Sequence[Turned]") -> None:
    """Print what changed since another evaluation."""
    changed = [entry for entry in differences if entry.change]
    typer.echo(f"{len(changed)} of {pluralize(len(differences), 'number')} changed")
    for entry in changed:
        name = f"{one_line(entry.data)}: {entry.measure}"
        typer.echo(f"  {name:<50} {_number(entry.before):>10} {_number(entry.after):>10} {entry.change:>+10.3f}")
    better = sum(entry.well for entry in turned)
    typer.echo(f"{pluralize(better, 'question')} turned for the better, {len(turned) - better:,} for the worse")


def _line(name: str, **values: str) -> None:
    typer.echo(f"  {name:<16}" + ", ".join(f"{label} {value}" for label, value in values.items()))


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
