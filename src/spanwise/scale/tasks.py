"""What a process of a cluster does for a sync. A task depends on nothing but what it is given, and may be run again."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from spanwise.errors import ConversionError, SpanwiseError
from spanwise.pipeline.sync.engine import Converted
from spanwise.pipeline.sync.fetching import at_hand
from spanwise.scale.job import Job, station_for

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spanwise.convert.limits import Limits
    from spanwise.pipeline.sync.scan import FoundFile


@dataclass(frozen=True, slots=True)
class Request:
    """
    A file to convert.

    :param content: Its bytes, or None where they are to be read at its path or URL.
    :param is_sent: Whether the bytes come along if they can be read at all.
    """

    found: "FoundFile"
    content: bytes | None = None
    is_sent: bool = False


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
            path = stack.enter_context(_placed(request, job.limits))
        except SpanwiseError as error:
            if not request.is_sent:
                return None  # this machine may lack what the store asks for
            if isinstance(error, ConversionError):
                return Converted(found, reason=str(error))
            raise
        try:
            source, passages = station_for(job).converter.convert(
                path, found.file, size=found.size, password=job.password
            )
        except ConversionError as error:
            return Converted(found, reason=str(error))
    return Converted(found, source, passages)


def _is_here(found: "FoundFile") -> bool:
    if isinstance(found.path, str):
        return True  # its store may be reached from here
    try:
        status = found.path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (found.size, found.mtime_ns)


@contextmanager
def _placed(request: Request, limits: "Limits") -> Iterator[Path]:
    """Give the path at which a file can be read."""
    if request.content is None:
        with at_hand(request.found, limits) as path:
            yield path
        return
    with TemporaryDirectory(prefix="spanwise-") as folder:
        path = Path(folder) / PurePath(os.fspath(request.found.path)).name
        path.write_bytes(request.content)
        yield path
