"""The parts of a running service."""

import asyncio
import json
import os
from pathlib import Path
from threading import Lock

from spanwise.errors import SpanwiseError
from spanwise.files.durable import sync_path
from spanwise.pipeline.corpus import Corpus
from spanwise.serve.batching import Batcher
from spanwise.serve.http.journal import LOGGER, Metrics, line
from spanwise.serve.library import Library
from spanwise.serve.refresh import Refresher
from spanwise.serve.settings import ServeSettings


class Service:
    """
    What the routes use.

    :param corpus: None opens the one that the settings name.
    :param at_once: Most batches of questions that it is to answer at the same time.
    :raises SpanwiseError: If the file for feedback cannot be written, or what reads cannot be loaded.
    """

    def __init__(self, settings: ServeSettings, corpus: Corpus | None = None, *, at_once: int = 1) -> None:
        if corpus is None:
            models = {"reader", "second_reader", "reranker", "calibration", "device"}
            corpus = Corpus(settings.index, **settings.model_dump(include=models))
        corpus.load_reader()
        self.settings = settings
        self.library, self.metrics = Library(corpus), Metrics()
        self.batcher = Batcher(
            self.library.ask,
            self.metrics,
            size=settings.batch_size,
            wait_s=settings.batch_wait,
            limit=settings.max_queue,
            at_once=at_once,
        )
        self.feedback = None if settings.feedback is None else FeedbackFile(settings.feedback)
        self.refresher: Refresher | None = None
        if settings.sync is not None:
            self.refresher = Refresher(
                corpus, settings.sync, self.metrics, every_s=settings.every, watch=settings.watch
            )

    async def start(self) -> None:
        """Begin to answer; models are loaded meanwhile."""
        self.batcher.start()
        if self.refresher is not None:
            self.refresher.start()
        await asyncio.to_thread(self._warm_up)

    async def stop(self) -> None:
        """Stop syncing, answer the questions that wait, and close the corpus."""
        if self.refresher is not None:
            await asyncio.to_thread(self.refresher.stop)
        await self.batcher.close()
        self.library.corpus.close()

    def _warm_up(self) -> None:
        try:
            self.library.warm_up()
        except SpanwiseError as error:  # there may be no index yet
            LOGGER.warning(line("not ready", reason=str(error)))


class FeedbackFile:
    """
    A file of lines that grows by one for each verdict.

    :param path: Made when it is first needed, readable by its owner only.
    :raises SpanwiseError: If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._append(b"")

    def add(self, question: str, answer: str | None, *, right: bool) -> None:
        """
        Keep one verdict.

        :param answer: The words that were answered, or None where the documents were said not to answer.
        :param right: Whether that was right.
        """
        given = [] if answer is None else [answer]
        line = {"question": question, "answers" if right else "rejected": given}
        self._append(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _append(self, data: bytes) -> None:
        with self._lock:
            try:
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with open(descriptor, "ab", buffering=0) as file:
                    file.write(data)
                sync_path(self._path)
            except OSError as error:
                msg = f"expected a file for feedback that can be written at {self._path}: {error.strerror}"
                raise SpanwiseError(msg) from error
