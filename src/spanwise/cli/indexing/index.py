"""`spanwise index`: bring an index up to date with folders and files."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanwise.cli.app import Command
from spanwise.cli.indexing.watch import prepare_watch, watch_and_sync
from spanwise.cli.interruption import heeding_interruptions
from spanwise.cli.options import DEFAULT_INDEX, DeviceOption, IndexOption, JsonOption
from spanwise.cli.output import echo, one_line, print_json, safe_name
from spanwise.cli.progress import spinner, sync_progress
from spanwise.errors import UsageError
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.engine import MakeEngine
    from spanwise.pipeline.targets import SyncOptions
    from spanwise.types import SyncReport

SHOWN = 10  # names of files that are listed
Globs = list[str] | None
LimitOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=NUMBER",
        help="What one file may take: seconds=300, memory=4g, file_bytes=2g, characters, cells, ratio, depth, "
        "unpacked_bytes; may be repeated. A file beyond it is skipped.",
    ),
]
PasswordOption = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        envvar="SPANWISE_PASSWORD",
        help="Opens encrypted PDFs, and is not stored. Others on this machine can see a command line: better set "
        "the variable.",
    ),
]


class IndexCommand(Command):
    """The command, whose --root-moved may stand without a value where only one folder can have moved."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Give the option an empty value where it has none."""
        given: list[str] = []
        for argument, after in zip_longest(args, args[1:]):
            given.append(argument)
            if argument == "--root-moved" and (after is None or after.startswith("-")):
                given.append("")
        return super().parse_args(ctx, given)


def index(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Folders and files to index; none means all that were indexed before."),
    ] = None,
    *,
    index_dir: IndexOption = DEFAULT_INDEX,
    include: Annotated[
        Globs, typer.Option(metavar="PATTERN", help="Only files that match; may be repeated. '**' clears all patterns.")
    ] = None,
    exclude: Annotated[
        Globs, typer.Option(metavar="PATTERN", help="Leave out files and folders that match; may be repeated.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until Ctrl-C, and index again what changes.")] = False,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Take an indexed folder or file out of the index; it is not touched itself."),
    ] = None,
    root_moved: Annotated[
        str | None,
        typer.Option(metavar="OLD", help="Say that the indexed folder OLD, its name or old path, is at PATH now."),
    ] = None,
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Allow more than half of the indexed files to be removed.")
    ] = False,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Index files elsewhere that links in a folder lead to.")
    ] = False,
    limit: LimitOption = None,
    password: PasswordOption = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="The embedder of a new index: a sentence-transformers name or folder. The default is "
            "all-MiniLM-L6-v2.",
        ),
    ] = None,
    index_type: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="How vectors are searched: auto, flat, hnsw, ivf, ivf-pq, sq8, fp16 or a FAISS factory string. "
            "Nothing is embedded again.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(
            help="Where files are converted and passages embedded: here, or on the machines of a Ray cluster."
        ),
    ] = "local",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="The Ray cluster that this machine belongs to, or auto for the one that runs on it. Without it Ray is "
            "started here.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Index folders and files, or update the index with what is new, changed and gone.

    You can interrupt it at any time: what was committed stays, and the same
    command continues from there. Patterns are as in .gitignore, and are kept
    with the folder: '*.pdf', 'drafts/', '/reports/2024'. Those that are given
    replace those of the same option; without --include or --exclude the kept
    ones hold.

    Examples:
        spanwise index papers/ notes.pdf --exclude drafts/
        spanwise index                      # again, what changed in any of them
        spanwise index --watch
        spanwise index papers/ --include "**"   # all files again
        spanwise index --remove papers
        spanwise index --type hnsw
        spanwise index papers/ --engine ray --address 10.0.0.1:6379

    """
    if root_moved and not paths:
        paths, root_moved = [Path(root_moved)], ""
    paths = paths or []
    about_files = (include, exclude, root_moved is not None, allow_removals, follow_links, limit, embedder, watch)
    if remove:
        if paths or any(about_files) or index_type is not None:
            msg = "expected --remove PATH without folders and other options, found more: spanwise index --remove PATH"
            raise UsageError(msg)
        _remove(remove, index_dir, as_json=as_json)
        return
    if not paths and index_type is not None:
        if any(about_files):
            msg = "expected a FOLDER with options about its files, found none: spanwise index FOLDER"
            raise UsageError(msg)
        _change_type(index_type, index_dir, as_json=as_json)
        return
    from spanwise.convert.limits import parse_limits
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.targets import SyncOptions

    options = SyncOptions(
        include=include or (),
        exclude=exclude or (),
        root_moved=root_moved or root_moved is not None,
        allow_removals=allow_removals,
        password=password,
        follow_links=follow_links,
        limits=parse_limits(limit or ()),
    )
    with Corpus(index_dir, embedder=embedder, device=device) as corpus:
        if watch:
            prepare_watch(corpus, options, engine)
        with _engine(engine, address) as make_engine:
            report = sync_with_progress(corpus, paths, options, index_type, make_engine)
        _show(report, corpus, paths, index_type, as_json=as_json)
        if watch:
            watch_and_sync(corpus, paths, options, partial(_show, as_json=as_json))
            return
    if report.refused or (report.passages == 0 and not report.removed and not report.unmatched):
        raise typer.Exit(1)


@contextmanager
def _engine(name: str, address: str | None) -> "Iterator[MakeEngine]":
    """
    Give what makes the engine of that name, and be connected to its cluster meanwhile.

    :raises UsageError: If an address is given to an engine that has none, or Ray is not installed.
    :raises SpanwiseError: If there is no cluster at the address.
    """
    if name == "local":
        if address is not None:
            msg = f"expected --engine ray with --address {address}, found none"
            raise UsageError(msg)
        from spanwise.pipeline.engine import LocalEngine

        yield LocalEngine
        return
    from spanwise.scale.cluster import connected

    with connected(address):
        from spanwise.scale.engine import RayEngine

        yield RayEngine


def sync_with_progress(
    corpus: "Corpus",
    paths: Sequence[Path],
    options: "SyncOptions",
    index_type: str | None,
    engine: "MakeEngine | None" = None,
) -> "SyncReport":
    """Sync, and then change the index type where one is given; a wrong one is refused before the sync."""
    given = {} if engine is None else {"engine": engine}
    if index_type is not None:
        corpus.check_type(index_type)
    with sync_progress() as progress, heeding_interruptions():
        report = corpus.sync(*paths, options=options, progress=progress, **given)
    if index_type is not None:
        with spinner(f"changing the index type to {index_type}"):
            corpus.set_type(index_type)
    return report


def _show(
    report: "SyncReport", corpus: "Corpus", paths: Sequence[Path], index_type: str | None = None, *, as_json: bool
) -> None:
    """Print what a sync did, as text or as one JSON object."""
    roots = corpus.index.roots
    if as_json:
        typed = {} if index_type is None else {"index_type": index_type}
        ignored = {"count": len(report.ignored), "kinds": report.ignored_kinds, "files": report.ignored}
        facts = {**asdict(report), "ignored": ignored}
        root = str(paths[0]) if len(paths) == 1 else corpus.index.root
        named = [{"name": root.name, "path": root.path} for root in roots]
        print_json({"index": str(corpus.path), "root": root, "roots": named, **facts, **typed})
        return
    what = ", ".join(map(str, paths)) or pluralize(len(roots), "root")
    print_report(report, what, corpus.path)
    if any(root.patterns is None for root in roots):
        echo(
            "The index was made before patterns were kept: index once more with its --include and --exclude, or with "
            "--include '**' if it had none, so that --watch and `ask --sync` may sync it.",
            err=True,
        )
    if index_type is not None:
        echo(f"Index type {index_type}.")


def print_report(report: "SyncReport", what: str, index_dir: Path) -> None:
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
        echo(f"taken out, since the patterns no longer match them: {names_of(report.unmatched)}.")
    old = len(report.reconverted) - len(report.newly_readable)
    if old:
        echo(f"reconverted: {pluralize(old, 'file')} made by an earlier version of conversion or splitting.")
    if report.newly_readable:
        echo(f"reconverted: {names_of(report.newly_readable)} with pages that only OCR reads, which is installed now.")
    if report.ignored:
        kinds = (f"{count:,} {safe_name(kind) or 'without a suffix'}" for kind, count in report.ignored_kinds.items())
        echo(f"ignored, since such files are not read: {', '.join(kinds)}.")
    echo(f"{pluralize(report.passages, 'passage')} to ask, {report.seconds:.1f} s.")


def names_of(files: Sequence[str]) -> str:
    """Return how many files there are, and the first of them."""
    more = ", ..." if len(files) > SHOWN else ""
    return f"{pluralize(len(files), 'file')} ({', '.join(map(safe_name, files[:SHOWN]))}{more})"


def _remove(named: Sequence[str], index_dir: Path, *, as_json: bool) -> None:
    """Take roots out of an index."""
    from spanwise.pipeline.corpus import Corpus

    with Corpus(index_dir) as corpus:
        for root in named:
            removed = corpus.remove(root)
            if as_json:
                print_json({"index": str(index_dir), "root": root, "removed": removed})
            else:
                echo(f"Took {safe_name(root)} out of {index_dir}: {pluralize(len(removed), 'file')}.")


def _change_type(index_type: str, index_dir: Path, *, as_json: bool) -> None:
    """Change the type of an existing index; nothing is embedded again."""
    from spanwise.index.faiss.index_types import FLAT, MIN_ROWS
    from spanwise.index.index import Index

    began = time.perf_counter()
    with spinner(f"changing the index type to {index_type}"), Index.open(index_dir, writable=True) as index:
        before = index.index_type
        try:
            index.set_type(index_type)
        except ValueError as error:
            raise UsageError(str(error)) from error
        summary = index.summary()
    seconds = time.perf_counter() - began
    if as_json:
        facts = {"index": str(index_dir), "index_type": index_type, "resolved_type": summary.resolved_type}
        print_json({**facts, "vectors": summary.vectors, "structures": summary.structures, "seconds": seconds})
        return
    resolved = "" if summary.resolved_type == index_type else f", which is {summary.resolved_type} at this size"
    echo(f"The type of {index_dir} is {index_type}{resolved}; it was {before}.")
    echo(f"{pluralize(summary.vectors, 'vector')}, none embedded again, {seconds:.1f} s.")
    if summary.resolved_type != FLAT and summary.structures < summary.segments:
        scanned = pluralize(summary.segments - summary.structures, "segment")
        echo(f"{scanned} of fewer than {MIN_ROWS:,} vectors: scanned, which is as fast.")
