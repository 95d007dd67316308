"""
What a process of a cluster does for a sync, and what it keeps of it between two tasks.

A task depends on nothing but what it is given, and may be run again.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from spanwise import __version__
from spanwise.convert.limits import Limits
from spanwise.embed.load import load_encoder
from spanwise.errors import ConversionError, SpanwiseError
from spanwise.files.remote import FoundFile
from spanwise.index.records import Versions
from spanwise.pipeline.converting import ConversionWorker
from spanwise.pipeline.sync.changes import VERSIONS
from spanwise.pipeline.sync.engine import Converted
from spanwise.pipeline.sync.scan import at_hand
from spanwise.split.splitter import Splitter, SplitterSettings
from spanwise.types import EmbedderIdentity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spanwise.embed.load import Encoder

MadeWith = tuple[str, Versions]
"""A version of spanwise, and of its conversion and splitting."""
HERE: MadeWith = (__version__, VERSIONS)


def require_same(asked_by: MadeWith) -> None:
    """
    Check that the spanwise of this machine is that of the one that asks for work.

    :raises SpanwiseError: If it is another version.
    """
    if asked_by != HERE:
        msg = (
            f"expected spanwise {asked_by[0]} with {asked_by[1]} on every machine, found {HERE[0]} with {HERE[1]} on "
            "one; install the same version on all of them"
        )
        raise SpanwiseError(msg)


@dataclass(frozen=True, slots=True)
class Job:
    """
    A sync, as it is told to every process that works for it.

    :param key: Different for every sync.
    :param embedder: What the vectors must be made with.
    :param device: Where they are to be computed: "cpu" or "cuda".
    :param tokenizer: The embedder's tokenizer as JSON, or None for one that has to be loaded with the embedder.
    :param made_with: The version of spanwise that asks for it, and of its conversion and splitting.
    """

    key: str
    embedder: EmbedderIdentity
    device: str
    splitter: SplitterSettings
    tokenizer: str | None
    limits: Limits
    password: str | None = field(default=None, repr=False)
    made_with: MadeWith = HERE


@dataclass(frozen=True, slots=True)
class Request:
    """
    A file to convert.

    :param content: Its bytes, or None where they are to be read at its path or URL.
    :param is_sent: Whether the bytes come along if they can be read at all.
    """

    found: FoundFile
    content: bytes | None = None
    is_sent: bool = False


class Station:
    """
    What a process keeps for a job: a process that converts, and the embedder, each from when it is first needed.

    :raises SpanwiseError: If another version of spanwise is installed here than where the job comes from.
    """

    def __init__(self, job: Job) -> None:
        require_same(job.made_with)
        self.job = job

    @cached_property
    def encoder(self) -> "Encoder":
        """
        The embedder; one of its threads for each of Ray's processes, which are as many as there are cores.

        :raises SpanwiseError: If it is not the one of the job.
        """
        wanted = self.job.embedder
        encoder = load_encoder(wanted.name, device=self.job.device, threads=1)
        if encoder.identity != wanted:
            msg = f"expected the embedder {wanted} on every machine, found {encoder.identity} on one; copy the model"
            raise SpanwiseError(msg)
        return encoder

    @cached_property
    def converter(self) -> ConversionWorker:
        """Converts and splits, in a process of its own."""
        from tokenizers import Tokenizer

        job = self.job
        tokenizer = self.encoder.tokenizer if job.tokenizer is None else Tokenizer.from_str(job.tokenizer)
        return ConversionWorker(Splitter(tokenizer, job.splitter), job.limits)

    def close(self) -> None:
        """End the process that converts, if there is one."""
        if "converter" in vars(self):
            self.converter.close()


_stations: list[Station] = []


def station_for(job: Job) -> Station:
    """Return what this process keeps for a job; what it kept for another one goes."""
    if not _stations or _stations[0].job.key != job.key:
        for station in _stations:
            station.close()
        _stations[:] = [Station(job)]
    return _stations[0]


def convert_files(job: Job, requests: Sequence[Request]) -> list[Converted | None]:
    """Convert and split files, and return what became of each, in their order; None for one that is not here."""
    return [_convert(job, request) for request in requests]


def embed_texts(job: Job, texts: Sequence[str]) -> "NDArray[np.float32]":
    """Return the vectors of texts. *Shape:* (len(texts), dimension), float32."""
    return station_for(job).encoder.encode(texts)


def _convert(job: Job, request: Request) -> Converted | None:
    found = request.found
    if not request.is_sent and not _is_here(found):
        return None
    with ExitStack() as stack:
        try:
            path = stack.enter_context(at_hand(found, job.limits, request.content))
        except SpanwiseError as error:
            if not request.is_sent:
                return None  # this machine may lack what the store asks for
            if isinstance(error, ConversionError):
                return Converted(found, reason=str(error))
            raise
        try:
            converter = station_for(job).converter
            source, passages = converter.convert(path, found.file, size=found.size, password=job.password)
        except ConversionError as error:
            return Converted(found, reason=str(error))
    return Converted(found, source, passages)


def _is_here(found: FoundFile) -> bool:
    if isinstance(found.path, str):
        return True  # its store may be reached from here
    try:
        status = found.path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (found.size, found.mtime_ns)
