"""`spanwise index`: bring an index up to date with folders and files."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Argument, Option

from spanwise.cli.app import Command, raising_interruptions
from spanwise.cli.indexing.syncing import prepare_watch, show_report, watch_and_sync
from spanwise.cli.options import DEFAULT_INDEX, AddressOption, DeviceOption, IndexOption, JsonOption
from spanwise.cli.output import echo, print_json, safe_name
from spanwise.cli.progress import spinner, step_progress, sync_progress
from spanwise.errors import UsageError
from spanwise.text.pluralize import pluralize

if TYPE_CHECKING:
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.sync.engine import MakeEngine
    from spanwise.pipeline.sync.targets import SyncOptions

TypeOption = Annotated[
    str | None,
    Option(
        "--type",
        metavar="TYPE",
        help="How vectors are searched: auto, flat, hnsw, ivf, ivf-pq, sq8, fp16 or a FAISS factory string. "
        "Nothing is embedded again.",
    ),
]


@dataclass(frozen=True)
class SourceOptions:
    """Which files are indexed, and how."""

    include: Annotated[
        list[str] | None,
        Option(metavar="PATTERN", help="Only files that match; may be repeated. '**' clears all patterns."),
    ] = None
    exclude: Annotated[
        list[str] | None, Option(metavar="PATTERN", help="Leave out files and folders that match; may be repeated.")
    ] = None
    root_moved: Annotated[
        str | None, Option(metavar="OLD", help="The indexed folder OLD (its name or old path) is now at PATH.")
    ] = None
    allow_removals: Annotated[
        bool, Option("--allow-removals", help="Allow more than half of the indexed files to be removed.")
    ] = False
    follow_links: Annotated[
        bool | None,
        Option(
            "--follow-links/--no-follow-links",
            help="Also index files outside a folder that links in it point to; kept with the folder until "
            "--no-follow-links, which takes them out.",
        ),
    ] = None
    embedder: Annotated[
        str | None,
        Option(
            metavar="MODEL",
            help="The embedder: a sentence-transformers name or folder, or default for the packaged one. An index that "
            "was made with another one is embedded again.",
        ),
    ] = None
    limit: Annotated[
        list[str] | None,
        Option(
            metavar="NAME=NUMBER",
            help="Limits for one file: seconds=300, memory=4g, file_bytes=2g, characters, cells, ratio, depth, "
            "unpacked_bytes; may be repeated. A file over a limit is skipped.",
        ),
    ] = None
    password: Annotated[
        str | None,
        Option(
            metavar="TEXT",
            envvar="SPANWISE_PASSWORD",
            help="Opens encrypted PDFs; not stored. Other users can see command lines: better set the variable.",
        ),
    ] = None

    def are_given(self) -> bool:
        """Return whether one of them was, beside the password, which a variable may hold for all commands."""
        return any(getattr(self, one.name) not in (None, False, []) for one in fields(self) if one.name != "password")

    def for_sync(self) -> "SyncOptions":
        """
        Return them as a sync takes them.

        :raises UsageError: If a limit is not valid.
        """
        from spanwise.convert.limits import parse_limits
        from spanwise.pipeline.sync.targets import SyncOptions

        return SyncOptions(
            include=self.include or (),
            exclude=self.exclude or (),
            root_moved=self.root_moved or self.root_moved is not None,
            allow_removals=self.allow_removals,
            password=self.password,
            follow_links=self.follow_links,
            limits=parse_limits(self.limit or ()),
        )


@dataclass(frozen=True)
class EngineOptions:
    """Where files are converted and passages embedded."""

    engine: Annotated[
        Literal["local", "ray"],
        Option(help="Where files are converted and passages embedded: here, or on the machines of a Ray cluster."),
    ] = "local"
    address: AddressOption = None

    @contextmanager
    def connected(self) -> "Iterator[MakeEngine]":
        """
        Give what makes the engine, and be connected to its cluster meanwhile.

        :raises UsageError: If an address is given to an engine that has none, or Ray is not installed.
        :raises SpanwiseError: If there is no cluster at the address.
        """
        if self.engine == "local":
            if self.address is not None:
                msg = f"expected --engine ray with --address {self.address}, found none"
                raise UsageError(msg)
            from spanwise.pipeline.sync.engine import LocalEngine

            yield LocalEngine
            return
        from spanwise.scale.cluster import connected

        with connected(self.address):
            from spanwise.scale.engine import RayEngine

            yield RayEngine


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
        list[str] | None,
        Argument(
            metavar="PATH",
            help="Folders and files to index, or URLs such as s3://bucket/folder; none means all that were indexed "
            "before.",
        ),
    ] = None,
    *,
    index_dir: IndexOption = DEFAULT_INDEX,
    watch: Annotated[bool, Option("--watch", help="Keep running until Ctrl-C, and index what changes.")] = False,
    remove: Annotated[
        list[str] | None,
        Option(metavar="PATH", help="Remove a folder or file from the index; the folder or file itself stays."),
    ] = None,
    index_type: TypeOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
    sources: Annotated[SourceOptions, "Which files are indexed, and how"],
    engine: Annotated[EngineOptions, "Where the work is done"],
) -> None:
    """
    Index folders and files, or update the index with what is new, changed and gone.

    You can interrupt it at any time: what was committed stays, and the same
    command continues from there. Patterns work as in .gitignore and are stored
    with the folder: '*.pdf', 'drafts/', '/reports/2024'. New patterns replace
    those of the same option; without --include or --exclude the stored ones
    apply.

    Examples:
        spanwise index papers/ notes.pdf --exclude drafts/
        spanwise index                      # again, what changed in any of them
        spanwise index --watch
        spanwise index s3://bucket/papers
        spanwise index papers/ --include "**"   # all files again
        spanwise index --remove papers
        spanwise index --type hnsw
        spanwise index --embedder default   # embed all passages again
        spanwise index papers/ --engine ray --address 10.0.0.1:6379

    """
    paths = paths or []
    if sources.root_moved and not paths:
        paths, sources = [sources.root_moved], replace(sources, root_moved="")
    about_files = sources.are_given() or watch
    if remove:
        if paths or about_files or index_type is not None:
            msg = "expected --remove PATH without folders and other options, found more: spanwise index --remove PATH"
            raise UsageError(msg)
        _remove(remove, index_dir, as_json=as_json)
        return
    if not paths and index_type is not None:
        if about_files:
            msg = "expected a FOLDER with options about its files, found none: spanwise index FOLDER"
            raise UsageError(msg)
        _change_type(index_type, index_dir, as_json=as_json)
        return
    from spanwise.index.index import Index
    from spanwise.pipeline.corpus import Corpus

    with Corpus(index_dir, embedder=sources.embedder, device=device) as corpus:
        if sources.embedder is not None and Index.exists(index_dir):
            with step_progress() as progress, raising_interruptions():
                corpus.change_embedder(progress)  # embeds all passages again, unless it is the same
        done = _index(corpus, paths, sources.for_sync(), index_type, engine, watch=watch, as_json=as_json)
    if not done:
        raise typer.Exit(1)


def _index(
    corpus: "Corpus",
    paths: Sequence[str],
    options: "SyncOptions",
    index_type: str | None,
    engine: EngineOptions,
    *,
    watch: bool,
    as_json: bool,
) -> bool:
    """Sync and print the report, again and again with `watch`; return whether there is something to ask."""
    if watch:
        prepare_watch(corpus, paths, options, engine.engine)
    if index_type is not None:
        corpus.check_type(index_type)  # before the sync, which may take long
    with engine.connected() as make_engine, sync_progress() as progress, raising_interruptions():
        report = corpus.sync(*paths, options=options, progress=progress, engine=make_engine)
    if index_type is not None:
        with spinner(f"changing the index type to {index_type}"):
            corpus.set_type(index_type)
    show_report(report, corpus, paths, index_type, as_json=as_json)
    if watch:
        watch_and_sync(corpus, paths, options, partial(show_report, as_json=as_json), report)
        return True
    known = {root.name for root in corpus.index.roots}  # others are new paths that hold nothing to index
    refused = any(one.file in known for one in report.refused)
    return not refused and bool(report.passages or report.removed or report.unmatched)


def _remove(named: Sequence[str], index_dir: Path, *, as_json: bool) -> None:
    """Take roots out of an index."""
    from spanwise.pipeline.corpus import Corpus
    from spanwise.pipeline.sync.targets import find_root

    with Corpus(index_dir) as corpus:
        with corpus.index as index:
            for root in named:
                find_root(index.roots, root)  # all of them, before any is taken out
        done = []
        for root in named:
            removed = corpus.remove(root)
            done.append({"root": root, "removed": removed})
            if not as_json:
                echo(f"Took {safe_name(root)} out of {index_dir}: {pluralize(len(removed), 'file')}.")
    if as_json:
        print_json({"index": str(index_dir), **(done[0] if len(done) == 1 else {"roots": done})})


def _change_type(index_type: str, index_dir: Path, *, as_json: bool) -> None:
    """Change how the vectors of an existing index are searched; nothing is embedded again."""
    from spanwise.index.faiss.index_types import FLAT, MIN_ROWS
    from spanwise.index.index import Index

    began = time.perf_counter()
    with spinner(f"changing the index type to {index_type}"), Index.open(index_dir, writable=True) as index:
        before = index.index_type
        try:
            with index.releasing():
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
