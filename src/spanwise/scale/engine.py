"""The engine of a sync whose files are converted, and whose passages are embedded, by tasks on a Ray cluster."""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import numpy as np
import ray
from numpy.typing import NDArray
from ray.exceptions import RayError, RayTaskError

from spanwise.errors import ConversionError, SpanwiseError
from spanwise.files.remote import FoundFile
from spanwise.pipeline.sync.engine import Converted, Embedding, Work
from spanwise.pipeline.sync.scan import at_hand
from spanwise.progress import ReportCount
from spanwise.scale.cluster import size_of
from spanwise.scale.tasks import Job, Request, convert_files, embed_texts

RETRIES = 3  # of a task whose process or machine died
FILES, FILE_BYTES = 16, 4_000_000  # of one task
TEXTS_OF_CPU, TEXTS_OF_GPU = 64, 1024  # of one task
TASKS_A_CPU = 4  # tasks of conversion that wait, run or are done before what they gave is needed
MOST_PASSAGES = 16_384  # of one commit, whose texts and vectors are in memory
LOOK_EVERY = 0.2  # seconds
PATIENCE = 600.0  # seconds for which a cluster may have no machine that could take a task


class RayEngine:
    """
    Converts and embeds on the cluster that this process is connected to.

    >>> from spanwise.scale import connected
    >>> with connected("10.0.0.1:6379"):  # doctest: +SKIP
    ...     spanwise.Corpus("my.index").sync("papers/", engine=RayEngine)

    Files are handed out ahead of need and taken in their order, so that an index has the same passages in the same
    order as one that was made without Ray. What waits lies in Ray's object store, which spills to the disk.

    :param work: What is needed to convert files and to embed passages.
    """

    def __init__(self, work: Work) -> None:
        cpus, gpus = max(1, size_of("CPU")), size_of("GPU") if work.device in {"auto", "cuda"} else 0
        self.ahead = 2
        self._texts = TEXTS_OF_GPU if gpus else TEXTS_OF_CPU
        self.passages_at_once: int | None = min(MOST_PASSAGES, max(512, 2 * self._texts * (gpus or cpus)))
        self._groups_ahead = TASKS_A_CPU * cpus
        self._work = work
        self._sends_content = False
        job = Job(
            key=uuid4().hex,
            embedder=work.encoder.identity,
            device="cuda" if gpus else "cpu",
            splitter=work.splitter.settings,
            tokenizer=work.splitter.serialized(),
            limits=work.limits,
            password=work.password,
        )
        self._job = ray.put(job)
        self._convert_task = ray.remote(num_cpus=1, max_retries=RETRIES)(convert_files)
        # A process keeps its embedder from one task to the next: by default one that had a GPU ends after each.
        self._embed_task = ray.remote(
            num_cpus=0 if gpus else 1, num_gpus=1 if gpus else 0, max_calls=0, max_retries=RETRIES
        )(embed_texts)
        self._groups: deque[tuple[list[FoundFile], ray.ObjectRef[Any]]] = deque()  # files that a task converts each
        self._resource = "GPU" if gpus else "CPU"

    def converted(self, files: Iterable[FoundFile], waiting: Callable[[], None]) -> Generator[Converted, None, None]:
        """See `Engine.converted`."""
        groups = _grouped(files)
        while True:
            while len(self._groups) < self._groups_ahead and (group := next(groups, None)):
                self._groups.append((group, self._begin(group)))
            if not self._groups:
                return
            first, task = self._groups[0]
            replies = self._replies(first, task, waiting)
            self._groups.popleft()
            for found, reply in zip(first, replies, strict=True):
                yield self._with_content(found, waiting) if reply is None else reply

    def embed(self, texts: Sequence[str], progress: ReportCount) -> Embedding:
        """See `Engine.embed`."""
        parts = [texts[begin : begin + self._texts] for begin in range(0, len(texts), self._texts)]
        tasks = {self._embed_task.remote(self._job, part): len(part) for part in parts}
        return _RayEmbedding(tasks, progress, self._resource)

    def close(self) -> None:
        """Cancel what was begun and is not needed any more."""
        for _, task in self._groups:
            with suppress(RayError):
                ray.cancel(task)
        self._groups.clear()

    def _begin(self, files: Sequence[FoundFile]) -> "ray.ObjectRef[Any]":
        sends = self._sends_content
        requests = [Request(found, self._content(found) if sends else None, sends) for found in files]
        return self._convert_task.remote(self._job, requests)

    def _replies(
        self, files: Sequence[FoundFile], reply: "ray.ObjectRef[Any]", waiting: Callable[[], None]
    ) -> list[Converted | None]:
        """Return what a task gave; where its process died again and again, what tasks of single files give."""
        try:
            found: list[Converted | None] = _wait_for(reply, _watched(waiting, self._resource))
        except RayError as error:
            if not any(node["Alive"] for node in ray.nodes()):
                msg = f"expected a Ray cluster, found that it is gone: {_said(error)}; what was committed stays"
                raise SpanwiseError(msg) from error
            if len(files) == 1:
                reason = f"the process that converted it died {RETRIES + 1} times ({type(error).__name__})"
                return [Converted(files[0], reason=reason)]
            return [one for file in files for one in self._replies([file], self._begin([file]), waiting)]
        return found

    def _with_content(self, found: FoundFile, waiting: Callable[[], None]) -> Converted:
        """Convert a file that a machine does not have; from now on all are sent, if this one could be."""
        content = self._content(found)
        self._sends_content = self._sends_content or content is not None
        request = Request(found, content, is_sent=True)
        (reply,) = self._replies([found], self._convert_task.remote(self._job, [request]), waiting)
        assert reply is not None
        return reply

    def _content(self, found: FoundFile) -> bytes | None:
        """Return a file's bytes; None where conversion is to say why they cannot be had."""
        try:
            self._work.limits.check_file(found.size)
            with at_hand(found, self._work.limits) as path:
                return path.read_bytes()
        except (ConversionError, OSError):
            return None


class _RayEmbedding:
    """
    Vectors that tasks compute.

    :param parts: The result of each task, and how many texts it has.
    :param resource: What a task needs of a machine.
    """

    def __init__(self, parts: "dict[ray.ObjectRef[Any], int]", progress: ReportCount, resource: str) -> None:
        self._parts, self._open = parts, dict(parts)
        self._progress, self._resource = progress, resource

    def is_ready(self) -> bool:
        """See `Embedding.is_ready`."""
        self._count(0)
        return not self._open

    def vectors(self, waiting: Callable[[], None]) -> NDArray[np.float32]:
        """See `Embedding.vectors`."""
        waiting = _watched(waiting, self._resource)
        while not self.is_ready():
            self._count(LOOK_EVERY)
            waiting()
        try:
            return np.concatenate([_wait_for(reply, waiting) for reply in self._parts])
        except RayError as error:
            msg = f"expected a cluster that embeds passages, its processes died {RETRIES + 1} times: {_said(error)}"
            raise SpanwiseError(msg) from error

    def _count(self, seconds: float) -> None:
        """Report the texts of the tasks that have ended since the last call, or end within some seconds."""
        if self._open:
            ended, _ = ray.wait([*self._open], num_returns=len(self._open), timeout=seconds, fetch_local=False)
            for reply in ended:
                self._progress(self._open.pop(reply))


def _grouped(files: Iterable[FoundFile]) -> Iterator[list[FoundFile]]:
    """Yield files in groups for a task each; a large one is alone, or the last of its group."""
    group: list[FoundFile] = []
    size = 0
    for file in files:
        group.append(file)
        size += file.size
        if len(group) == FILES or size >= FILE_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _watched(waiting: Callable[[], None], resource: str) -> Callable[[], None]:
    """
    Return what is to be called while tasks are waited for; it fails once no machine could take one for too long.

    A cluster that grows by itself may have none for a while.

    :param resource: What a task needs of a machine.
    """
    missing_since: float | None = None

    def look() -> None:
        nonlocal missing_since
        waiting()
        if size_of(resource):
            missing_since = None
        elif missing_since is None:
            missing_since = time.monotonic()
        elif time.monotonic() - missing_since > PATIENCE:
            msg = (
                f"expected a machine with a {resource} in the Ray cluster, found none for {PATIENCE:.0f} "
                "seconds; what was committed stays, and the next run goes on from there"
            )
            raise SpanwiseError(msg)

    return look


def _wait_for(reply: "ray.ObjectRef[Any]", waiting: Callable[[], None]) -> Any:
    """
    Return a task's result.

    :raises SpanwiseError: If the task failed with one.
    :raises RayError: If its process or machine died, each time that it was tried.
    """
    while not ray.wait([reply], timeout=LOOK_EVERY)[0]:
        waiting()
    try:
        return ray.get(reply)
    except RayTaskError as error:
        if isinstance(error.cause, SpanwiseError):
            raise error.cause from None
        msg = f"expected a cluster on which spanwise runs, found that a task failed: {_said(error)}"
        raise SpanwiseError(msg) from error


def _said(error: RayError) -> str:
    """Return the last line of what Ray says, where the cause stands."""
    return f"{type(error).__name__}: {str(error).strip().rpartition(chr(10))[2][:300]}"
