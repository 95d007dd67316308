"""Options that several commands share: each alone, and those that stand together as one dataclass."""

import re
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Option

from spanwise.errors import UsageError
from spanwise.index.nearest import INDEX_NAME, nearest_index

if TYPE_CHECKING:
    from spanwise.pipeline.corpus import Corpus
    from spanwise.types import FileFilter

DEFAULT_INDEX = Path(INDEX_NAME)


def _chosen_index(ctx: typer.Context, param: typer.CallbackParam, value: Path) -> Path:
    """Return the index named after the command, else before it, else by the environment, else the nearest one."""
    source = ctx.get_parameter_source(param.name or "")
    if source is not None and source.name == "COMMANDLINE":
        return value
    if isinstance(ctx.obj, Path):
        return ctx.obj
    return value if source is not None and source.name == "ENVIRONMENT" else nearest_index()


IndexOption = Annotated[
    Path,
    Option(
        "--index",
        "-i",
        metavar="DIR",
        envvar="SPANWISE_INDEX",
        callback=_chosen_index,
        show_default="the nearest .spanwise, here or in a folder above",
        help="The index's directory.",
    ),
]
JsonOption = Annotated[bool, Option("--json", help="Print one JSON object on stdout.")]
DEVICE = Option("--device", metavar="auto|cpu|cuda|mps", help="Where to compute; auto chooses the best device.")
AddressOption = Annotated[
    str | None,
    Option(
        metavar="HOST:PORT",
        help="The Ray cluster that this machine belongs to, or auto for the one that runs on it. Without it Ray is "
        "started here.",
    ),
]
DeviceOption = Annotated[str, DEVICE]
TopKOption = Annotated[int, Option("--top-k", "-k", min=1, help="Most answers to a question.")]
ThresholdOption = Annotated[
    float | None, Option(min=0, max=1, metavar="P", help="Abstain if the confidence is below this.")
]
READER = Option(metavar="MODEL", help="A question-answering model: a hub name or a folder.")
SECOND_READER = Option(
    metavar="MODEL", help="A larger reader, as for --reader, that reads the best passages again and decides."
)
RERANKER = Option(metavar="MODEL", help="A cross-encoder that sorts the passages before they are read.")
EmbedderOption = Annotated[
    str | None, Option(metavar="MODEL", help="The index's embedder, if it was never given on this machine.")
]
CalibrationOption = Annotated[
    Path | None, Option(metavar="FILE", help="A file that `spanwise calibrate --out FILE` wrote.")
]
RightOption = Annotated[
    Literal["holds", "exact"],
    Option(help="When an answer is right: if it contains a right answer or is part of one, or only if they are equal."),
]


@dataclass(frozen=True)
class CorpusOptions:
    """Which index is asked, and with which models."""

    index_dir: IndexOption = DEFAULT_INDEX
    passages: Annotated[int, Option("--passages", "-p", min=1, help="How many passages to read for a question.")] = 20
    reader: Annotated[str, READER] = "default"
    second_reader: Annotated[str | None, SECOND_READER] = None
    reranker: Annotated[str | None, RERANKER] = None
    embedder: EmbedderOption = None
    device: DeviceOption = "auto"

    def open(self, calibration: Path | None = None) -> "Corpus":
        """Open the corpus; nothing is loaded yet."""
        from spanwise.pipeline.corpus import Corpus

        return Corpus(
            self.index_dir,
            embedder=self.embedder,
            reader=self.reader,
            second_reader=self.second_reader,
            reranker=self.reranker,
            calibration=calibration,
            device=self.device,
        )


@dataclass(frozen=True)
class FileOptions:
    """Which files are asked."""

    filters: Annotated[
        list[str] | None,
        Option(
            "--filter",
            "-f",
            metavar="PATTERN",
            help="Only files that match, as in .gitignore: 'reports/', '*.pdf'; may be repeated.",
        ),
    ] = None
    kinds: Annotated[
        list[str] | None,
        Option("--kind", metavar="KIND", help="Only files of this kind, such as pdf or html; may be repeated."),
    ] = None
    since: Annotated[
        str | None,
        Option(metavar="DATE", help="Only files changed since: 2026-05-01, 2026-05-01T18:00, or 7d for 7 days."),
    ] = None

    def given(self) -> "FileFilter | None":
        """
        Return them as a filter; None if none was given.

        :raises UsageError: If one is not valid.
        """
        from spanwise.types import FileFilter

        suffixes = None
        if self.kinds:
            from spanwise.convert.kinds import suffixes_of

            suffixes = tuple(suffix for kind in self.kinds for suffix in suffixes_of(kind))
        patterns = tuple(self.filters) if self.filters else None
        since = None if self.since is None else _since_ns(self.since)
        found = FileFilter(patterns, suffixes, since)
        return None if found == FileFilter() else found


def _since_ns(text: str) -> int:
    """Return a time as nanoseconds since the epoch; one without a zone is local."""
    ago = re.fullmatch(r"(\d{1,6})([hdw])", text.strip())
    if ago is not None:
        seconds = int(ago[1]) * {"h": 3600, "d": 86_400, "w": 604_800}[ago[2]]
        return time.time_ns() - seconds * 1_000_000_000
    try:
        return int(datetime.fromisoformat(text.strip()).timestamp() * 1_000_000_000)
    except (ValueError, OverflowError, OSError) as error:
        msg = f"expected a date such as 2026-05-01, 2026-05-01T18:00 or 7d, found {text!r}"
        raise UsageError(msg) from error
