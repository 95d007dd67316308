"""Run an application until it is told to stop."""

import logging
import signal
import sys
from asyncio import TimerHandle, Transport
from typing import Any

import typer
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from spanwise.errors import SpanwiseError
from spanwise.serve.http.guard import HEAD_BYTES
from spanwise.serve.settings import ServeSettings

HEAD_SECONDS = 10.0


def log_to_stderr() -> None:
    """Write the log on standard error, one JSON object a line."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    logging.getLogger("spanwise.serve").setLevel(logging.INFO)


def run(app: ASGIApp, settings: ServeSettings, what: str = "/") -> None:
    """
    Serve until SIGTERM or Ctrl-C, and finish what was begun.

    :param what: The path to be named when it begins.
    :raises SpanwiseError: If the address cannot be listened on.
    """
    server = make_server(app, settings, what)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn hears them, and raises them again when all is done
    try:
        server.run()
    except SystemExit as error:
        msg = f"expected to listen on {settings.host}:{settings.port}, found that it cannot be; give another --port"
        raise SpanwiseError(msg) from error


def make_server(app: ASGIApp, settings: ServeSettings, what: str = "/") -> uvicorn.Server:
    """Return what serves an application with the limits of the settings."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=type("Protocol", (_Protocol,), {"most": settings.max_connections}),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=int(settings.timeout) + 5,
        h11_max_incomplete_event_size=HEAD_BYTES,
        proxy_headers=bool(settings.trust_proxy),
        forwarded_allow_ips=list(settings.trust_proxy),
    )
    return _Server(config, what)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, what: str) -> None:
        super().__init__(config)
        self._what = what

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            typer.echo(f"spanwise: http://{shown}:{port}{self._what} (Ctrl-C stops it)", err=True)


class _Protocol(H11Protocol):
    """Connections, at most `most` at once, whose requests begin in time."""

    most = 512
    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            self._refuse(503, "Service Unavailable", "too many connections")
        else:
            self._timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._forget()
        self._timer = self.loop.call_later(HEAD_SECONDS + self.timeout_keep_alive, self._too_slow)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._refuse(400, "Bad Request", "the request is not well-formed HTTP")

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _too_slow(self) -> None:
        if self.cycle is None or self.cycle.response_complete:  # else a request is being answered
            self._refuse(408, "Request Timeout", "the request's head did not come in time")

    def _refuse(self, status: int, phrase: str, reason: str) -> None:
        body = f'{{"error":"{reason}","status":{status},"request_id":""}}'
        head = f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        if not self.transport.is_closing():
            self.transport.write(f"{head}connection: close\r\nretry-after: 1\r\n\r\n{body}".encode())
            self.transport.close()
