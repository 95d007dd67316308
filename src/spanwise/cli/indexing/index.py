"""`spanwise index`: bring an index up to date with a folder."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanwise.cli.interruption import heeding_interruptions
from spanwise.cli.options import DEFAULT_INDEX, DeviceOption, IndexOption, JsonOption
from spanwise.cli.output import echo, one_line, print_json, safe_name
from spanwise.cli.progress import spinner, sync_progress
from spanwise.errors import UsageError
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.pipeline.sync import SyncOptions
    from spanwise.types import SyncReport

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


def index(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="The folder that holds the documents; may be left out with --type."),
    ] = None,
    index_dir: IndexOption = DEFAULT_INDEX,
    include: Annotated[
        Globs, typer.Option(metavar="GLOB", help="Only files whose path matches; may be repeated.")
    ] = None,
    exclude: Annotated[
        Globs, typer.Option(metavar="GLOB", help="Leave out files whose path matches; may be repeated.")
    ] = None,
    root_moved: Annotated[
        bool, typer.Option("--root-moved", help="Say that the indexed folder has moved to FOLDER.")
    ] = False,
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Allow more than half of the indexed files to be removed.")
    ] = False,
    follow_links: Annotated[
        bool, typer.Option("--follow-links", help="Index files outside FOLDER that links in it lead to.")
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
    as_json: JsonOption = False,
) -> None:
    """
    Index a folder, or update its index with new, changed and removed files.

    You can interrupt it at any time: what was committed stays, and the same
    command continues from there. A GLOB matches the path relative to FOLDER,
    and * also matches /: 'reports/*', '*.pdf'.

    Examples:
        spanwise index papers/
        spanwise index papers/ --exclude "drafts/*"
        spanwise index --type hnsw

    """
    if folder is None:
        if any((include, exclude, root_moved, allow_removals, follow_links, limit, embedder)):
            msg = "expected a FOLDER with options about its files, found none: spanwise index FOLDER"
            raise UsageError(msg)
        _change_type(index_type, index_dir, as_json=as_json)
        return
    from spanwise.convert.limits import parse_limits
    from spanwise.pipeline.sync import SyncOptions

    options = SyncOptions(
        include=include or (),
        exclude=exclude or (),
        root_moved=root_moved,
        allow_removals=allow_removals,
        password=password,
        follow_links=follow_links,
        limits=parse_limits(limit or ()),
    )
    report = _sync(folder, index_dir, options, embedder, index_type, device)
    _show(report, folder, index_dir, index_type, as_json=as_json)
    if report.passages == 0:
        raise typer.Exit(1)


def _sync(
    folder: Path, index_dir: Path, options: "SyncOptions", embedder: str | None, index_type: str | None, device: str
) -> "SyncReport":
    """Sync a folder, and then change the index type where one is given; a wrong one is refused before the sync."""
    from spanwise.pipeline.corpus import Corpus

    with Corpus(index_dir, embedder=embedder, device=device) as corpus:
        if index_type is not None:
            corpus.check_type(index_type)
        with sync_progress() as progress:
            try:
                with heeding_interruptions():
                    report = corpus.sync(folder, options=options, progress=progress)
            except KeyboardInterrupt:
                echo("interrupted: what was committed stays; run the same command again to go on", err=True)
                raise
        if index_type is not None:
            with spinner(f"changing the index type to {index_type}"):
                corpus.set_type(index_type)
    return report


def _show(report: "SyncReport", folder: Path, index_dir: Path, index_type: str | None, *, as_json: bool) -> None:
    """Print what a sync did, as text or as one JSON object."""
    if as_json:
        typed = {} if index_type is None else {"index_type": index_type}
        ignored = {"count": len(report.ignored), "kinds": report.ignored_kinds, "files": report.ignored}
        facts = {**asdict(report), "ignored": ignored}
        print_json({"index": str(index_dir), "root": str(folder), **facts, **typed})
        return
    _print_report(report, folder, index_dir)
    if index_type is not None:
        echo(f"Index type {index_type}.")


def _print_report(report: "SyncReport", folder: Path, index_dir: Path) -> None:
    for skipped in report.skipped:
        echo(f"skipped {safe_name(skipped.file)}: {one_line(skipped.reason)}", err=True)
    if report.passages == 0:
        echo(f"spanwise: nothing in {folder} could be indexed", err=True)
        return
    counts = {name: len(getattr(report, name)) for name in ("added", "changed", "removed")}
    counts |= {"unchanged": report.unchanged, "skipped": len(report.skipped)}
    listed = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    echo(f"Indexed {folder} in {index_dir}: {listed}.")
    if report.reconverted:
        which = pluralize(len(report.reconverted), "file")
        echo(f"reconverted: {which} made by an earlier version of conversion or splitting.")
    if report.ignored:
        kinds = (f"{count:,} {safe_name(kind) or 'without a suffix'}" for kind, count in report.ignored_kinds.items())
        echo(f"ignored, since such files are not read: {', '.join(kinds)}.")
    echo(f"{pluralize(report.passages, 'passage')} to ask, {report.seconds:.1f} s.")


def _change_type(index_type: str | None, index_dir: Path, *, as_json: bool) -> None:
    """Change the type of an existing index; nothing is embedded again."""
    if index_type is None:
        msg = "expected a FOLDER to index, found none: spanwise index FOLDER, or --type TYPE to change the type only"
        raise UsageError(msg)
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
