"""A service whose questions are answered on a cluster; everything else of it is as without one."""

from collections.abc import Iterator
from contextlib import contextmanager

from spanwise.scale.answering.spread import spread_corpus
from spanwise.serve.service import Service
from spanwise.serve.settings import ServeSettings

AT_ONCE = 8
"""Batches that are under way at the same time, so that no process waits for another's."""


@contextmanager
def spread_service(settings: ServeSettings) -> Iterator[Service]:
    """
    Put a service together, on the cluster that this process is connected to, while the block runs.

    :raises UsageError: If the cluster has no room for its processes.
    :raises SpanwiseError: If one of them cannot begin, or the service cannot be put together.
    """
    with spread_corpus(
        settings.index,
        replicas=settings.replicas,
        name=str(settings.port),
        reader=settings.reader,
        second_reader=settings.second_reader,
        reranker=settings.reranker,
        calibration=settings.calibration,
        device=settings.device,
        patience=settings.timeout,
    ) as corpus:
        yield Service(settings, corpus, at_once=AT_ONCE)
