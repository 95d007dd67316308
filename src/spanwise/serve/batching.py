"""Questions that arrive together are read together."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from spanwise.errors import UsageError
from spanwise.serve.library import AskSettings
from spanwise.serve.metrics import Metrics
from spanwise.types import QueryResult

Ask = Callable[[Sequence[str], AskSettings], list[QueryResult]]


class OverloadedError(Exception):
    """More questions wait than may, or one waited too long; the message is fit to be shown."""


class TooSlowError(OverloadedError):
    """To answer a request takes longer than it may; asking again would not help."""


@dataclass(eq=False, slots=True)
class _Waiting:
    question: str
    asked: AskSettings
    future: asyncio.Future[QueryResult]
    since: float = field(default_factory=time.perf_counter)
    taken: float = math.inf


class Batcher:
    """
    A queue of questions and the threads that ask them; there is one unless questions are answered elsewhere.

    A batch begins with the question that waits longest. Where a thread was idle, that one waits a little for others;
    while all are busy, questions gather by themselves, so that batches grow with the load.

    :param ask: Answers questions that are asked alike, together.
    :param size: Most questions of a batch.
    :param wait_s: Seconds that the first question waits for others.
    :param limit: Most questions that wait.
    :param at_once: Most batches that are answered at the same time.
    """

    def __init__(
        self, ask: Ask, metrics: Metrics, *, size: int = 16, wait_s: float = 0.005, limit: int = 256, at_once: int = 1
    ) -> None:
        self._ask = ask
        self._metrics = metrics
        self._size = size
        self._wait_s = wait_s
        self._limit = limit
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._free = asyncio.Semaphore(at_once)
        self._answering: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="reader")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to answer the questions of the queue."""
        self._task = asyncio.create_task(self._serve())

    async def close(self) -> None:
        """Answer the questions that wait, and stop the threads."""
        while self._queue or self._answering:
            await asyncio.sleep(0.01)
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.to_thread(self._threads.shutdown)

    async def ask(self, questions: Sequence[str], asked: AskSettings, timeout_s: float) -> list[QueryResult]:
        """
        Answer questions.

        :param timeout_s: Seconds after which they are given up.
        :returns: A result for each, in their order.
        :raises OverloadedError: If too many questions wait already, or they were not answered in time.
        :raises TooSlowError: If that is not because of questions before them.
        :raises SpanwiseError: If one cannot be answered.
        """
        if len(self._queue) + len(questions) > self._limit:
            msg = f"{len(self._queue)} questions wait already; ask again in a moment"
            raise OverloadedError(msg)
        loop = asyncio.get_running_loop()
        waiting = [_Waiting(question, asked, loop.create_future()) for question in questions]
        self._queue.extend(waiting)
        self._metrics.queue.set(len(self._queue))
        self._arrived.set()
        try:
            async with asyncio.timeout(timeout_s) as given:
                return list(await asyncio.gather(*(one.future for one in waiting)))
        except TimeoutError as error:
            if not given.expired():
                raise  # what answers questions gave it up, and says why
            if waiting[0].taken - waiting[0].since < timeout_s / 2:
                msg = (
                    f"expected to answer within {timeout_s:g} s, found that this takes longer; ask fewer questions a "
                    "request, let fewer passages be read, or start the service with a longer --timeout"
                )
                raise TooSlowError(msg) from error
            msg = f"not answered within {timeout_s:g} s, since other questions were before it; ask again in a moment"
            raise OverloadedError(msg) from error
        finally:
            for one in waiting:
                one.future.cancel()

    async def _serve(self) -> None:
        while True:
            if not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
                await asyncio.sleep(self._wait_s)
            await self._free.acquire()
            batch = self._take()
            if not batch:
                self._free.release()
                continue
            answering = asyncio.create_task(self._answer(batch))
            self._answering.add(answering)
            answering.add_done_callback(self._done)

    def _done(self, answering: asyncio.Task[None]) -> None:
        self._answering.discard(answering)
        self._free.release()

    def _take(self) -> list[_Waiting]:
        """Take the question that waits longest, and others that are asked alike."""
        batch: list[_Waiting] = []
        rest: deque[_Waiting] = deque()
        for one in self._queue:
            if one.future.done():
                continue
            if len(batch) < self._size and (not batch or one.asked == batch[0].asked):
                batch.append(one)
                one.taken = time.perf_counter()
            else:
                rest.append(one)
        self._queue = rest
        self._metrics.queue.set(len(rest))
        return batch

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        began = time.perf_counter()
        for one in batch:
            self._metrics.stages.labels("queue").observe(began - one.since)
        self._metrics.batches.observe(len(batch))
        questions = [one.question for one in batch]
        try:
            results = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._ask, questions, batch[0].asked
            )
        except UsageError as error:  # one of them cannot be asked
            if len(batch) > 1:
                for one in batch:
                    await self._answer([one])
            else:
                _fail(batch, error)
        except Exception as error:  # whatever it is, those who asked are told, and the next are answered
            _fail(batch, error)
        else:
            for one, result in zip(batch, results, strict=True):
                self._metrics.observe(result)
                if not one.future.done():
                    one.future.set_result(result)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for one in batch:
        if not one.future.done():
            one.future.set_exception(error)
