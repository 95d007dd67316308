"""What `spanwise index` prints of a sync; `spanwise index --watch` and `spanwise ask --sync`."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.cli.output import echo, note, one_line, print_json, safe_name
from spanwise.cli.progress import sync_progress
from spanwise.errors import IndexStateError, SpanwiseError, UsageError
from spanwise.files.urls import is_url
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.sync.targets import SyncOptions
    from spanwise.types import SyncReport

    Show = Callable[[SyncReport, Corpus, Sequence[str]], None]

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
    lists = {"skipped": report.skipped, "indexed in part:": report.warnings, "not synced:": report.refused}
    for said, found in lists.items():
        for one in found:
            echo(f"{said} {safe_name(one.file)}: {one_line(one.reason)}", err=True)
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


AGAIN_AFTER, ATTEMPTS = 5.0, 12  # seconds after which a sync that found the index in use is tried again, and how often


def prepare_watch(corpus: "Corpus", paths: Sequence[str], options: "SyncOptions", engine: str) -> None:
    """
    Check that folders can be watched.

    :param paths: What is to be watched; none means every root.
    :param engine: The engine's name.
    :raises UsageError: If the library is missing, a place is in a store, or the engine is another machine's.
    :raises RefusedError: If the patterns of a root are not known.
    """
    from spanwise.index.index import Index
    from spanwise.pipeline.sync.targets import require_known_patterns

    if engine != "local":
        msg = "expected --watch without --engine, found both: what changes from one minute to the next is indexed here"
        raise UsageError(msg)
    if find_spec("watchfiles") is None:
        msg = "--watch needs the watch extra: pip install 'spanwise[watch]'"
        raise UsageError(msg)
    roots = corpus.index.roots if Index.exists(corpus.path) else ()
    remote = next(filter(is_url, paths or [root.path for root in roots]), None)
    if remote is not None:
        msg = f"expected folders of this machine with --watch, found {remote}; run `spanwise index` now and then"
        raise UsageError(msg)
    if not (options.include or options.exclude):
        for root in roots:
            require_known_patterns(root)


def watch_and_sync(
    corpus: "Corpus", paths: Sequence[str], options: "SyncOptions", show: "Show", first: "SyncReport"
) -> None:
    """
    Sync at once, and whenever something changes, until Ctrl-C.

    :param paths: What is synced; none means every root.
    :param show: Prints a report; of what was skipped or refused it has what the last one had not.
    :param first: The report of the sync before, during which files may have changed unseen.
    """
    from spanwise.pipeline.sync.watching import changes_in

    options = replace(options, root_moved=False)
    given = [Path(os.path.expanduser(path)).absolute() for path in paths]
    places = given or [Path(root.path) for root in corpus.index.roots]
    note(f"Watching {', '.join(map(str, places))}; Ctrl-C ends.")
    known = {*first.skipped, *first.refused}
    try:
        for _ in changes_in(places, corpus.path):
            report = _sync_when_free(corpus, paths, options)
            if report is None:
                continue
            skipped, refused = (
                tuple(one for one in some if one not in known) for some in (report.skipped, report.refused)
            )
            known = {*report.skipped, *report.refused}
            if any(
                (report.added, report.changed, report.removed, report.unmatched, report.reconverted, skipped, refused)
            ):
                show(replace(report, skipped=skipped, refused=refused), corpus, paths)
    except KeyboardInterrupt:
        note("\nNo longer watching; what was indexed stays.")


def _sync_when_free(corpus: "Corpus", paths: Sequence[str], options: "SyncOptions") -> "SyncReport | None":
    """Sync, after waiting for another process that writes; None if it was refused, which is printed."""
    for attempt in range(ATTEMPTS):
        try:
            with sync_progress(note_kept=False) as progress:
                return corpus.sync(*paths, options=options, progress=progress)
        except SpanwiseError as error:
            echo(f"spanwise: {error}", err=True)
            if not isinstance(error, IndexStateError) or attempt == ATTEMPTS - 1:
                break
            time.sleep(AGAIN_AFTER)
    return None


def sync_before_asking(corpus: "Corpus") -> None:
    """
    Sync every root; what cannot be synced now is named, and asked as it is.

    :raises RefusedError: If the patterns of a root are not known.
    :raises IndexStateError: If there is no index.
    """
    from spanwise.pipeline.sync.targets import require_known_patterns

    for root in corpus.index.roots:
        require_known_patterns(root)
    try:
        with sync_progress() as progress:
            refused = corpus.sync(progress=progress).refused
    except SpanwiseError as error:
        echo(f"not synced: {error}", err=True)
    else:
        for one in refused:
            echo(f"not synced: {safe_name(one.file)}: {one_line(one.reason)}", err=True)
