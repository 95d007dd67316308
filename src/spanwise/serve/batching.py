"""Questions that arrive together are read together."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from spanwise.errors import UsageError
from spanwise.serve.http.journal import Metrics
from spanwise.serve.http.replies import RequestRefusedError
from spanwise.serve.library import AskSettings
from spanwise.types import QueryResult


@dataclass(eq=False, slots=True)
class _Waiting:
    question: str
    asked: AskSettings
    future: asyncio.Future[QueryResult]
    since: float = field(default_factory=time.perf_counter)
    taken: float = math.inf


@dataclass(eq=False)
class Batcher:
    """
    A queue of questions and the threads that ask them; there is one unless questions are answered elsewhere.

    A batch begins with the question that waits longest. Where a thread was idle, that one waits a little for others;
    while all are busy, questions gather by themselves, so that batches grow with the load.

    :param ask_all: Answers questions that are asked alike, together.
    :param size: Most questions of a batch.
    :param wait_s: Seconds that the first question waits for others.
    :param limit: Most questions that wait.
    :param at_once: Most batches that are answered at the same time.
    """

    ask_all: Callable[[Sequence[str], AskSettings], list[QueryResult]]
    metrics: Metrics
    size: int = 16
    wait_s: float = 0.005
    limit: int = 256
    at_once: int = 1
    _queue: deque[_Waiting] = field(default_factory=deque, init=False)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _workers: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _closing: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(self.at_once, thread_name_prefix="reader")

    def start(self) -> None:
        """Start to answer the questions of the queue."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(self.at_once)]

    async def close(self) -> None:
        """Answer the questions that wait, and stop the threads."""
        self._closing = True
        self._arrived.set()
        await asyncio.gather(*self._workers)
        await asyncio.to_thread(self._threads.shutdown)

    async def ask(self, questions: Sequence[str], asked: AskSettings, timeout_s: float) -> list[QueryResult]:
        """
        Answer questions.

        :param timeout_s: Seconds after which they are given up.
        :returns: A result for each, in their order.
        :raises RequestRefusedError: If too many questions wait already, or they were not answered in time; where that
            is not because of questions before them, asking again would not help, and it does not say when to.
        :raises SpanwiseError: If one cannot be answered.
        """
        if len(self._queue) + len(questions) > self.limit:
            msg = f"{len(self._queue)} questions wait already; ask again in a moment"
            raise RequestRefusedError(503, msg, retry_after_s=1)
        loop = asyncio.get_running_loop()
        waiting = [_Waiting(question, asked, loop.create_future()) for question in questions]
        self._queue.extend(waiting)
        self.metrics.queue.set(len(self._queue))
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
                raise RequestRefusedError(503, msg) from error
            msg = f"not answered within {timeout_s:g} s, since other questions were before it; ask again in a moment"
            raise RequestRefusedError(503, msg, retry_after_s=1) from error
        finally:
            for one in waiting:
                one.future.cancel()

    async def _work(self) -> None:
        while self._queue or not self._closing:
            if not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
                await asyncio.sleep(self.wait_s)
            elif batch := self._take():
                await self._answer(batch)

    def _take(self) -> list[_Waiting]:
        """Take the question that waits longest, and others that are asked alike."""
        batch: list[_Waiting] = []
        rest: deque[_Waiting] = deque()
        for one in self._queue:
            if one.future.done():
                continue
            if len(batch) < self.size and (not batch or one.asked == batch[0].asked):
                batch.append(one)
                one.taken = time.perf_counter()
            else:
                rest.append(one)
        self._queue = rest
        self.metrics.queue.set(len(rest))
        return batch

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        began = time.perf_counter()
        for one in batch:
            self.metrics.stages.labels("queue").observe(began - one.since)
        self.metrics.batches.observe(len(batch))
        questions, loop = [one.question for one in batch], asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._threads, self.ask_all, questions, batch[0].asked)
            for one, result in zip(batch, results, strict=True):
                self.metrics.observe(result)
                if not one.future.done():
                    one.future.set_result(result)
        except Exception as error:  # whatever it is, those who asked are told, and the next are answered
            if isinstance(error, UsageError) and len(batch) > 1:  # one of them cannot be asked
                for one in batch:
                    await self._answer([one])
                return
            for one in batch:
                if not one.future.done():
                    one.future.set_exception(error)
