"""The parts of a running service."""

import asyncio
import logging
from dataclasses import dataclass

from spanwise.errors import SpanwiseError
from spanwise.pipeline.corpus import Corpus
from spanwise.serve.batching import Batcher
from spanwise.serve.feedback import FeedbackFile
from spanwise.serve.http.journal import LOGGER, line
from spanwise.serve.library import Library
from spanwise.serve.metrics import Metrics
from spanwise.serve.refresh import Refresher
from spanwise.serve.settings import ServeSettings


@dataclass(slots=True)
class Service:
    """
    What the routes use.

    :param feedback: None where verdicts are not kept.
    :param refresher: None where the index is not kept up to date from here.
    """

    settings: ServeSettings
    library: Library
    metrics: Metrics
    batcher: Batcher
    feedback: FeedbackFile | None
    refresher: Refresher | None

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
            LOGGER.log(logging.WARNING, line("not ready", reason=str(error)))


def make_service(settings: ServeSettings, corpus: Corpus | None = None, *, at_once: int = 1) -> Service:
    """
    Put a service together.

    :param corpus: None opens the one that the settings name.
    :param at_once: Most batches of questions that it is to answer at the same time.
    :raises SpanwiseError: If the file for feedback cannot be written, or what reads cannot be loaded.
    """
    if corpus is None:
        corpus = Corpus(
            settings.index,
            reader=settings.reader,
            second_reader=settings.second_reader,
            reranker=settings.reranker,
            calibration=settings.calibration,
            device=settings.device,
        )
    corpus.load_reader()
    library, metrics = Library(corpus), Metrics()
    return Service(
        settings=settings,
        library=library,
        metrics=metrics,
        batcher=Batcher(
            library.ask,
            metrics,
            size=settings.batch_size,
            wait_s=settings.batch_wait,
            limit=settings.max_queue,
            at_once=at_once,
        ),
        feedback=None if settings.feedback is None else FeedbackFile(settings.feedback),
        refresher=None
        if settings.sync is None
        else Refresher(corpus, settings.sync, metrics, every_s=settings.every, watch=settings.watch),
    )
