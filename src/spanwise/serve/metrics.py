"""What a service counts, as Prometheus reads it."""

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from spanwise.types import QueryResult

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TENTHS = tuple(number / 10 for number in range(1, 11))


class Metrics:
    """Counters, gauges and histograms of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        counter = partial(Counter, namespace="spanwise", registry=self._registry)
        gauge = partial(Gauge, namespace="spanwise", registry=self._registry)
        histogram = partial(Histogram, namespace="spanwise", registry=self._registry)
        self.requests = counter("requests", "Requests answered.", ("route", "method", "status"))
        self.latency = histogram("request_seconds", "Time to answer a request.", ("route",), buckets=_SECONDS)
        self.stages = histogram("stage_seconds", "Time of a question by stage.", ("stage",), buckets=_SECONDS)
        self.batches = histogram("batch_questions", "Questions read together.", buckets=(1, 2, 4, 8, 16, 32, 64))
        self.queue = gauge("queue_questions", "Questions that wait to be read.")
        self.verdicts = counter("questions", "Questions answered.", ("verdict",))
        self.abstentions = counter("abstentions", "Questions that the documents were said not to answer.")
        self.confidence = histogram("confidence", "Confidence of the first answer.", buckets=_TENTHS)
        self.generation = gauge("generation", "The newest commit of the index.")
        self.documents = gauge("documents", "Documents in the index.")
        self.syncs = counter("syncs", "Syncs of the folder.", ("outcome",))
        self.feedback = counter("feedback", "Verdicts on answers.", ("verdict",))

    def observe(self, result: QueryResult) -> None:
        """Count the verdict, the confidence and the times of one result."""
        self.verdicts.labels(result.verdict).inc()
        if result.abstained:
            self.abstentions.inc()
        if result.answers:
            self.confidence.observe(result.answers[0].confidence)
        for stage, milliseconds in result.timings_ms.items():
            self.stages.labels(stage).observe(milliseconds / 1000)

    def text(self) -> bytes:
        """Return all counts in the text format of Prometheus."""
        return generate_latest(self._registry)
