"""Options of `spanwise index`: what of the files is indexed, and where that is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from spanwise.cli.options import AddressOption
from spanwise.errors import UsageError

if TYPE_CHECKING:
    from spanwise.pipeline.sync.engine import MakeEngine
    from spanwise.pipeline.sync.targets import SyncOptions


TypeOption = Annotated[
    str | None,
    typer.Option(
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
        typer.Option(metavar="PATTERN", help="Only files that match; may be repeated. '**' clears all patterns."),
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Leave out files and folders that match; may be repeated."),
    ] = None
    root_moved: Annotated[
        str | None, typer.Option(metavar="OLD", help="The indexed folder OLD (its name or old path) is now at PATH.")
    ] = None
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Allow more than half of the indexed files to be removed.")
    ] = False
    follow_links: Annotated[
        bool | None,
        typer.Option(
            "--follow-links/--no-follow-links",
            help="Also index files outside a folder that links in it point to; kept with the folder until "
            "--no-follow-links, which takes them out.",
        ),
    ] = None
    embedder: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="The embedder: a sentence-transformers name or folder, or default for the packaged one. An index that "
            "was made with another one is embedded again.",
        ),
    ] = None
    limit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="Limits for one file: seconds=300, memory=4g, file_bytes=2g, characters, cells, ratio, depth, "
            "unpacked_bytes; may be repeated. A file over a limit is skipped.",
        ),
    ] = None
    password: Annotated[
        str | None,
        typer.Option(
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
        typer.Option(
            help="Where files are converted and passages embedded: here, or on the machines of a Ray cluster."
        ),
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
