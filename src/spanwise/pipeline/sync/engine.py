"""Where a sync's files are converted and its passages embedded: on this machine, or wherever another engine does it."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spanwise.convert.limits import Limits
from spanwise.embed.load import Encoder
from spanwise.errors import ConversionError
from spanwise.files.remote import FoundFile
from spanwise.pipeline.converting.conversion_worker import ConversionWorker
from spanwise.pipeline.sync.scan import at_hand
from spanwise.progress import ReportCount
from spanwise.split.splitter import Splitter
from spanwise.types import Passage, SourceText

FILES_AHEAD, BYTES_AHEAD = 8, 16_000_000  # that are converted while those before are indexed
LOOK_EVERY = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class Work:
    """
    What an engine has to know of a sync.

    :param encoder: The index's embedder, as it is loaded here.
    :param device: Where to compute: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param password: Opens encrypted PDFs.
    """

    encoder: Encoder
    splitter: Splitter
    device: str
    limits: Limits
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Converted:
    """
    What became of a file.

    :param source: Its text, or None if it could not be converted.
    :param reason: Why it could not.
    """

    found: FoundFile
    source: SourceText | None = None
    passages: Sequence[Passage] = ()
    reason: str = ""


class Embedding(Protocol):
    """Vectors that are being computed."""

    def is_ready(self) -> bool:
        """Return whether `vectors` would not wait."""
        ...

    def vectors(self, waiting: Callable[[], None]) -> NDArray[np.float32]:
        """
        Return them when they are ready. *Shape:* (texts, dimension), float32.

        :param waiting: Called now and then until they are.
        """
        ...


class Engine(Protocol):
    """
    Converts files and embeds texts for a sync, which alone writes the index.

    :param ahead: How many commits may wait for their vectors while more files are converted.
    :param passages_at_once: Passages for one commit; None lets the sync find out what a few seconds suffice for.
    """

    ahead: int
    passages_at_once: int | None

    def converted(self, files: Iterable[FoundFile], waiting: Callable[[], None]) -> Generator[Converted, None, None]:
        """
        Yield what became of each file, in their order.

        :param waiting: Called now and then while nothing can be yielded.
        :raises SpanwiseError: If no file can be converted, whichever it is.
        """
        ...

    def embed(self, texts: Sequence[str], progress: ReportCount) -> Embedding:
        """
        Begin to embed texts.

        :param progress: Called with the number of texts finished since the last call.
        """
        ...

    def close(self) -> None:
        """Release everything that was started."""
        ...


MakeEngine = Callable[[Work], Engine]


@dataclass(frozen=True, slots=True)
class _Ready:
    """Vectors that were computed at once."""

    found: NDArray[np.float32]

    def is_ready(self) -> bool:
        return True

    def vectors(self, waiting: Callable[[], None]) -> NDArray[np.float32]:  # noqa: ARG002
        return self.found


class LocalEngine:
    """
    Converts in a process beside this one, a few files ahead of need, while this one embeds and writes.

    :param work: What is needed to convert files and to embed passages.
    """

    ahead = 0
    passages_at_once: int | None = None

    def __init__(self, work: Work) -> None:
        self._work = work
        self._worker = ConversionWorker(work.splitter, work.limits)
        self._pool = ThreadPoolExecutor(1)
        self._begun: deque[tuple[FoundFile, Future[Converted]]] = deque()

    def converted(self, files: Iterable[FoundFile], waiting: Callable[[], None]) -> Generator[Converted, None, None]:
        """See `Engine.converted`."""
        rest = iter(files)
        upcoming = next(rest, None)
        while upcoming is not None or self._begun:
            while upcoming is not None and self._has_room_for(upcoming):
                self._begun.append((upcoming, self._pool.submit(self._convert, upcoming)))
                upcoming = next(rest, None)
            first = self._begun[0][1]
            while not wait([first], LOOK_EVERY).done:
                waiting()
            yield first.result()
            self._begun.popleft()

    def _has_room_for(self, file: FoundFile) -> bool:
        """Return whether a file may be converted ahead; the one that is being indexed counts too."""
        size = sum(found.size for found, _ in self._begun) + file.size
        return not self._begun or (len(self._begun) <= FILES_AHEAD and size <= BYTES_AHEAD)

    def _convert(self, found: FoundFile) -> Converted:
        try:
            with at_hand(found, self._work.limits) as path:
                source, passages = self._worker.convert(path, found.file, size=found.size, password=self._work.password)
        except ConversionError as error:
            return Converted(found, reason=str(error))
        return Converted(found, source, passages)

    def embed(self, texts: Sequence[str], progress: ReportCount) -> Embedding:
        """See `Engine.embed`."""
        return _Ready(self._work.encoder.encode(texts, progress=progress))

    def close(self) -> None:
        """End the process, and what it does."""
        for _, begun in self._begun:
            begun.cancel()
        self._pool.shutdown(wait=False)
        self._worker.close()
        while any(begun.running() for _, begun in self._begun):  # which may just have started it anew
            time.sleep(LOOK_EVERY / 10)
            self._worker.close()
