"""`spanwise index --watch` and `spanwise ask --sync`: an index that is kept up to date."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.cli.output import echo, note, one_line, safe_name
from spanwise.cli.progress import sync_progress
from spanwise.errors import IndexStateError, SpanwiseError, UsageError
from spanwise.files.urls import is_url

if TYPE_CHECKING:
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.sync.targets import SyncOptions
    from spanwise.types import SyncReport

    Show = Callable[[SyncReport, Corpus, Sequence[str]], None]

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
    places = [Path(path).absolute() for path in paths] or [Path(root.path) for root in corpus.index.roots]
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
