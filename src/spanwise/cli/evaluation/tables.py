"""Measures as a person reads them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spanwise.cli.output import echo, one_line, print_table
from spanwise.evaluate.outcome import STAGES
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.evaluate.document import ChangedOutcome, Difference

GROUPS = (("  all", ""), ("  answerable", "HasAns_"), ("  unanswerable", "NoAns_"))


def print_squad(name: str, metrics: Mapping[str, Any]) -> None:
    """Print SQuAD's metrics of one file."""
    rows = [
        (label, f"{metrics[f'{prefix}total']:,}", f"{metrics[f'{prefix}exact']:.2f}", f"{metrics[f'{prefix}f1']:.2f}")
        for label, prefix in GROUPS
        if f"{prefix}total" in metrics
    ]
    print_table(rows, (one_line(name), "questions", "exact", "F1"))
    if "null_threshold" in metrics:
        used = metrics["null_threshold"]
        echo("  never empty" if used is None else f"  empty where 'no answer' wins by more than {used:.4g}")
    if "best_f1" in metrics:
        for key, label in (("best_exact", "exact"), ("best_f1", "F1")):
            echo(f"  best {label:<5} {metrics[key]:.2f} at a threshold of {metrics[f'{key}_thresh']:.4g}")


def print_corpus(result: Mapping[str, Any]) -> None:
    """Print the measures of one file of questions."""
    answers, retrieval, abstained = result["answers"], result["retrieval"], result["abstention"]
    confidence, isolation = result["confidence"], result["isolation"]
    asked, without = pluralize(result["questions"], "question"), result["unanswerable"]
    echo(f"{one_line(result['data'])}: {asked}, {without:,} without answer")
    lines: list[tuple[str, dict[str, str]]] = [
        ("answers", {"exact": _shown(answers["exact"], ".2f"), "F1": _shown(answers["f1"], ".2f")}),
        ("", {f"right in {depth}": _shown(value, ".1%") for depth, value in answers["right_in"].items()}),
        ("passages found", {f"in {depth}": _shown(value, ".1%") for depth, value in retrieval["recall"].items()}),
        ("", {"MRR": _shown(retrieval["mrr"])}),
    ]
    if isolation is not None:
        forced = {"on its context": isolation["isolated_f1"], "of the corpus": isolation["integrated_f1"]}
        lines.append(("F1 when forced", {name: _shown(value, ".2f") for name, value in forced.items()}))
    calibration = {"error, equal mass": "ece_equal_mass", "equal width": "ece_equal_width", "Brier": "brier"}
    ranking = {"AUROC right": "auroc_right", "AURC": "aurc", "AUROC answerable": "auroc_answerable"}
    lines += [
        ("abstaining", {name: _shown(abstained[name], ".1%") for name in ("rate", "precision", "recall")}),
        ("confidence", {label: _shown(confidence[name]) for label, name in calibration.items()}),
        ("", {label: _shown(confidence[name]) for label, name in ranking.items()}),
        *(
            (f"{stage}, ms", {level: f"{value:.0f}" for level, value in times.items()})
            for stage, times in result["latency_ms"].items()
        ),
    ]
    shown = [(f"  {name}", ", ".join(f"{label} {value}" for label, value in line.items())) for name, line in lines]
    print_table(shown)
    for stage, count in result["lost_at"].items():
        if count and stage != "nothing":
            echo(f"  {count:>6,} {stage.replace('_', ' ')}: {STAGES[stage]}")


def print_differences(differences: "Sequence[Difference]", outcomes: "Sequence[ChangedOutcome]") -> None:
    """Print what changed since another evaluation."""
    changed = [entry for entry in differences if entry.change]
    echo(f"{len(changed)} of {pluralize(len(differences), 'number')} changed")
    if changed:
        rows = []
        for entry in changed:
            values = (_shown(value, "," if isinstance(value, int) else ".3f") for value in (entry.before, entry.after))
            rows.append((f"  {one_line(entry.data)}: {entry.measure}", *values, f"{entry.change:+.3f}"))
        print_table(rows, ("  measure", "before", "now", "change"))
    better = sum(entry.better for entry in outcomes)
    echo(f"{pluralize(better, 'question')} better than before, {len(outcomes) - better:,} worse")


def _shown(value: float | None, form: str = ".3f") -> str:
    return "none" if value is None else format(value, form)
