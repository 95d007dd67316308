"""What a service counts, as Prometheus reads it."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from spanwise.types import QueryResult

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TENTHS = tuple(number / 10 for number in range(1, 11))


class Metrics:
    """Counters, gauges and histograms of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests answered.", "route", "method", "status")
        self.latency = self._histogram("request_seconds", "Time to answer a request.", _SECONDS, "route")
        self.stages = self._histogram("stage_seconds", "Time of a question by stage.", _SECONDS, "stage")
        self.batches = self._histogram("batch_questions", "Questions read together.", (1, 2, 4, 8, 16, 32, 64))
        self.queue = self._gauge("queue_questions", "Questions that wait to be read.")
        self.verdicts = self._counter("questions", "Questions answered.", "verdict")
        self.abstentions = self._counter("abstentions", "Questions that the documents were said not to answer.")
        self.confidence = self._histogram("confidence", "Confidence of the first answer.", _TENTHS)
        self.generation = self._gauge("generation", "The newest commit of the index.")
        self.documents = self._gauge("documents", "Documents in the index.")
        self.syncs = self._counter("syncs", "Syncs of the folder.", "outcome")
        self.feedback = self._counter("feedback", "Verdicts on answers.", "verdict")

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

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"spanwise_{name}", text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"spanwise_{name}", text, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"spanwise_{name}", text, labels, registry=self._registry, buckets=buckets)
