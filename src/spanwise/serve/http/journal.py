"""What a service notes: counts, and of every request an id and a line in the log; headers, and no trace for clients."""

import json
import logging
import time
from functools import partial
from secrets import token_hex
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanwise.serve.http.replies import RequestRefusedError, refusal
from spanwise.types import QueryResult

LOGGER = logging.getLogger("spanwise.serve")
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_POLICY = f"{_PAGE}; require-trusted-types-for 'script'; trusted-types 'none'"
DOCS_POLICY = _PAGE.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace("blob:", "data:")
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
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


class Journal:
    """
    The outermost layer of the service.

    :param log_questions: Whether the log holds questions, where a handler leaves them in the request's state.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, log_questions: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._log_questions = log_questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = request_id = token_hex(8)
        began, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                policy = DOCS_POLICY if scope["path"].startswith("/docs") else PAGE_POLICY
                for name, value in {**HEADERS, "content-security-policy": policy}.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except RequestRefusedError as error:
            if not status:
                await error.reply(scope)(scope, receive, send_with_headers)
        except Exception:
            LOGGER.exception(line("failure", id=request_id))
            if not status:
                reply = refusal(scope, 500, "the service failed; its log says why, under this request's id")
                await reply(scope, receive, send_with_headers)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")  # the template: paths themselves have no end
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.latency.labels(route).observe(seconds)
        asked = scope.get("state", {}).get("questions")
        more: dict[str, Any] = {} if asked is None else {"questions": asked if self._log_questions else len(asked)}
        facts = {"method": scope["method"], "route": route, "status": status, "ms": round(1000 * seconds, 1)}
        LOGGER.info(line("request", id=scope["request_id"], **facts, **more))


def line(event: str, **facts: object) -> str:
    """Return one line of the log: a JSON object."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({"time": now, "event": event, **facts})
