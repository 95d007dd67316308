"""What `spanwise index` prints of a sync."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.cli.output import echo, one_line, print_json, safe_name
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.pipeline.corpus import Corpus
    from spanwise.types import SyncReport

SHOWN = 10  # names of files that are listed


def show_report(
    report: "SyncReport", corpus: "Corpus", paths: Sequence[str], index_type: str | None = None, *, as_json: bool
) -> None:
    """Print what a sync did, as text or as one JSON object."""
    roots = corpus.index.roots
    if as_json:
        typed = {} if index_type is None else {"index_type": index_type}
        ignored = {"count": len(report.ignored), "kinds": report.ignored_kinds, "files": report.ignored}
        facts = {**asdict(report), "ignored": ignored}
        root = paths[0] if len(paths) == 1 else corpus.index.root
        named = [{"name": root.name, "path": root.path} for root in roots]
        print_json({"index": str(corpus.path), "root": root, "roots": named, **facts, **typed})
        return
    what = ", ".join(paths) or pluralize(len(roots), "root")
    _print_report(report, what, corpus.path)
    if any(root.patterns is None for root in roots):
        echo(
            "The index was made before patterns were kept: index once more with its --include and --exclude, or with "
            "--include '**' if it had none, so that --watch and `ask --sync` may sync it.",
            err=True,
        )
    if index_type is not None:
        echo(f"Index type {index_type}.")


def _print_report(report: "SyncReport", what: str, index_dir: Path) -> None:
    """Print what a sync did."""
    for skipped in report.skipped:
        echo(f"skipped {safe_name(skipped.file)}: {one_line(skipped.reason)}", err=True)
    for warned in report.warnings:
        echo(f"indexed in part: {safe_name(warned.file)}: {one_line(warned.reason)}", err=True)
    for refused in report.refused:
        echo(f"not synced: {safe_name(refused.file)}: {one_line(refused.reason)}", err=True)
    if report.passages == 0 and not report.removed and not report.unmatched:
        echo(f"spanwise: nothing in {what} could be indexed", err=True)
        return
    counts = {name: len(getattr(report, name)) for name in ("added", "changed", "removed")}
    counts |= {"unchanged": report.unchanged, "skipped": len(report.skipped)}
    listed = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    echo(f"Indexed {what} in {index_dir}: {listed}.")
    if report.unmatched:
        echo(f"taken out, since the patterns no longer match them: {_names_of(report.unmatched)}.")
    old = len(report.reconverted) - len(report.newly_readable)
    if old:
        echo(f"reconverted: {pluralize(old, 'file')} made by an earlier version of conversion or splitting.")
    if report.newly_readable:
        echo(f"reconverted: {_names_of(report.newly_readable)} with pages that only OCR reads, which is installed now.")
    if report.ignored:
        kinds = (f"{count:,} {safe_name(kind) or 'without a suffix'}" for kind, count in report.ignored_kinds.items())
        echo(f"ignored, since such files are not read: {', '.join(kinds)}.")
    echo(f"{pluralize(report.passages, 'passage')} to ask, {report.seconds:.1f} s.")


def _names_of(files: Sequence[str]) -> str:
    """Return how many files there are, and the first of them."""
    more = ", ..." if len(files) > SHOWN else ""
    return f"{pluralize(len(files), 'file')} ({', '.join(map(safe_name, files[:SHOWN]))}{more})"
