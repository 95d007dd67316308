"""Ray Serve's part of a service: what it runs while questions are asked, and on how many processes."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ray import serve

from spanwise.errors import SpanwiseError, UsageError
from spanwise.read.settings import ReaderSettings
from spanwise.scale.answering.deployments import READ_TOGETHER, QuestionReader, ShareSearcher
from spanwise.scale.answering.spread_corpus import SpreadCorpus
from spanwise.scale.cluster import size_of
from spanwise.scale.tasks import HERE

if TYPE_CHECKING:
    from spanwise.serve.service import Service
    from spanwise.serve.settings import ServeSettings

AT_ONCE = 64  # questions that one process may have before it, searching or reading
GRACE = 5.0  # seconds in which a process that is to end may finish what it has before it
BATCHES_AT_ONCE = 8
"""Batches of a service that are under way at the same time, so that no process waits for another's."""
SCALING = {"upscale_delay_s": 30.0, "downscale_delay_s": 600.0, "look_back_period_s": 30.0}
"""Seconds for which there must be too much or too little to read before a process is added or ends, and over which the
mean is taken."""


@dataclass(frozen=True, slots=True)
class Processes:
    """
    How many processes of a cluster answer, each with a core of its own, or a GPU.

    :param searching: Those that search.
    :param most_reading: Most of those that read; there are two until more are needed, if there is room.
    :param reads_on: What each that reads takes: "CPU" or "GPU".
    """

    searching: int
    most_reading: int
    reads_on: str


def planned_processes(replicas: int | None, device: str) -> Processes:
    """
    Return how many processes there are to be on the cluster that this process is connected to.

    :param replicas: Those that search; None takes one for each machine, and at most half of the cores.
    :param device: Where to read: "auto", "cpu", "cuda" or "cuda:N".
    :raises UsageError: If the cluster has no room for them.
    """
    import ray

    cpus, gpus = size_of("CPU"), size_of("GPU") if device != "cpu" else 0
    room = cpus if gpus else cpus - 1
    if replicas is None:
        machines = sum(node["Alive"] and node["Resources"].get("CPU", 0) > 0 for node in ray.nodes())
        replicas = max(1, min(machines, cpus // 2))
    if not 0 < replicas <= room:
        needed = "a core for each process that searches" + ("" if gpus else ", and one for that which reads")
        msg = f"expected {needed}, found {cpus} cores for --replicas {replicas}; add machines, or ask for fewer"
        raise UsageError(msg)
    return Processes(replicas, gpus or cpus - replicas, "GPU" if gpus else "CPU")


@contextmanager
def spread_corpus(
    path: Path | str,
    *,
    replicas: int | None = None,
    name: str = "",
    reader: str = "default",
    device: str = "auto",
    **options: Any,
) -> Iterator[SpreadCorpus]:
    """
    Have questions about an index answered on the cluster that this process is connected to, while the block runs.

    >>> from spanwise.scale import connected, spread_corpus
    >>> with connected("10.0.0.1:6379"), spread_corpus("my.index") as corpus:  # doctest: +SKIP
    ...     corpus.ask("Which port does it use?")

    :param path: The index's directory, on a disk of this machine.
    :param replicas: How many processes search; None takes one for each machine, and at most half of the cores.
    :param name: Tells it from others that answer about the same index on the same cluster.
    :param reader: As for `Corpus`; it must be on every machine.
    :param device: As for `Corpus`.
    :param options: Others of `Corpus`, and `patience` of `SpreadCorpus`.
    :raises UsageError: If the cluster has no room for the processes.
    :raises SpanwiseError: If one of them cannot begin: it has another version of spanwise, or no such reader.
    """
    path = Path(path)
    planned = planned_processes(replicas, device)
    prefix = f"spanwise-{sha256(f'{os.path.realpath(path)} {name}'.encode()).hexdigest()[:12]}"
    names = [f"{prefix}-search-{number}" for number in range(planned.searching)]
    # Each is a deployment of one process: Serve sends a request to any process of one, and shares are not alike.
    parts = {part: _deployment(ShareSearcher, "CPU").bind(HERE) for part in names}
    parts[f"{prefix}-read"] = _reading(planned, ReaderSettings(reader, device=device))
    handles: list[Any] = []
    try:
        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        serve.start(proxy_location="Disabled", logging_config={"log_level": "ERROR", "enable_access_log": False})
        handles = _run(parts)
        *searchers, reading = handles
        with SpreadCorpus(path, searchers, reading, reader=reader, device=device, **options) as corpus:
            yield corpus
    finally:
        for handle in handles:
            with suppress(Exception):
                handle.shutdown()  # else a thread of it would connect to Ray again, once the connection is closed
        for part in parts:
            with suppress(Exception):  # the cluster may be gone
                serve.delete(part)


@contextmanager
def spread_service(settings: "ServeSettings") -> Iterator["Service"]:
    """
    Put a service together whose questions are answered on the cluster that this process is connected to.

    It is there while the block runs; everything else of it is as without a cluster.

    :raises UsageError: If the cluster has no room for its processes.
    :raises SpanwiseError: If one of them cannot begin, or the service cannot be put together.
    """
    from spanwise.serve.service import Service

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
        yield Service(settings, corpus, at_once=BATCHES_AT_ONCE)


def _reading(planned: Processes, settings: ReaderSettings) -> Any:
    scaling = {
        "min_replicas": min(2, planned.most_reading),  # one reads on when the other dies
        "max_replicas": planned.most_reading,
        "target_ongoing_requests": READ_TOGETHER,
        **SCALING,
    }
    return _deployment(QuestionReader, planned.reads_on, autoscaling_config=scaling).bind(settings, HERE)


def _deployment(kind: type[Any], runs_on: str, **options: Any) -> Any:
    needs = {"num_gpus": 1, "num_cpus": 0} if runs_on == "GPU" else {"num_cpus": 1}
    fixed = {"max_ongoing_requests": AT_ONCE, "graceful_shutdown_timeout_s": GRACE}
    return serve.deployment(kind, ray_actor_options=needs, **fixed, **options)


def _run(parts: Mapping[str, Any]) -> list[Any]:
    """
    Let Serve run deployments, by their names, and return their handles once every process is ready.

    :raises SpanwiseError: If one cannot begin.
    """
    try:
        targets = [serve.RunTarget(part, name=name, route_prefix=None) for name, part in parts.items()]
        handles: list[Any] = serve.run_many(targets)
    except RuntimeError as error:
        reason = str(error).strip().rpartition("\n")[2][:300]
        msg = f"expected a cluster on which spanwise answers, found that a process cannot begin: {reason}"
        raise SpanwiseError(msg) from error
    return handles
