"""What `spanwise data` found and made, as a person reads it."""

from typing import TYPE_CHECKING

import typer

from spanwise.cli.output import one_line, safe_name
from spanwise.train.data.faults import KINDS
from spanwise.wording import plural

if TYPE_CHECKING:
    from spanwise.train.data import CheckReport, FixReport
    from spanwise.train.data.checking import FileReport
    from spanwise.train.data.counts import Counts, Lengths

SHOWN = 3


def print_check(report: "CheckReport") -> None:
    """Print what each file holds, and what is wrong with it: how often, and the first few."""
    for file in report.files:
        typer.echo(safe_name(str(file.path)))
        _print_counts(file.counts)
        _print_findings(file)
    if report.clean:
        typer.echo("nothing wrong was found")


def print_fixed(report: "FixReport") -> None:
    """Print what was done to a file."""
    output = safe_name(str(report.output))
    typer.echo(f"Wrote {output} with {report.kept:,} of {plural(report.before, 'question')}:")
    for what, count in report.done.items():
        typer.echo(f"  {what}: {count:,}")
    if not report.done:
        typer.echo("  nothing had to be changed")


def _print_counts(counts: "Counts") -> None:
    share = counts.unanswerable / counts.questions
    asked = f"{plural(counts.questions, 'question')}, {counts.unanswerable:,} ({share:.1%}) without answer"
    typer.echo(f"  {asked}; {plural(counts.contexts, 'context')}; {plural(counts.articles, 'article')}")
    lengths = f"answers {_lengths(counts.answers)}, contexts {_lengths(counts.context_lengths)}"
    typer.echo(f"  words, median and 95%: {lengths}")


def _lengths(lengths: "Lengths | None") -> str:
    return "none" if lengths is None else f"{lengths.median:,} and {lengths.p95:,}"


def _print_findings(file: "FileReport") -> None:
    for kind, count in file.by_kind.items():
        typer.echo(f"  {KINDS[kind]}: {count:,}")
        for finding in [finding for finding in file.findings if finding.kind == kind][:SHOWN]:
            which = finding.where if finding.question_id is None else finding.question_id or finding.where
            typer.echo(f"    {one_line(which)}: {one_line(finding.detail)[:160]}")
        if count > SHOWN:
            typer.echo(f"    and {count - SHOWN:,} more; --json lists them")
