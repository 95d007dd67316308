"""Who may call: the host, the origin, the token, how often, and how much may be sent."""

import asyncio
import hmac
import ipaddress
import re
import socket
import time
from collections import OrderedDict
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanwise.serve.http.journal import Journal, Metrics
from spanwise.serve.http.replies import RequestRefusedError
from spanwise.serve.settings import ServeSettings

OPEN = re.compile(r"/|/static/.*|/docs|/docs/.*|/openapi\.json|/health")
"""What needs no token: the page itself, which holds nothing of the documents, and whether the service is well."""
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9._-]+)(?::\d{1,5})?")
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_CLIENTS = 10_000
HEAD_BYTES = 16_384


class Guard:
    """
    Refuses requests before anything is read of them, and reads a body whole before anything looks at it.

    A page of another site can make a browser call this service, and by DNS rebinding even under that site's name. So
    the Host must be a name of this service, and the Origin, where there is one, the page's own.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._token = None if settings.token is None else settings.token.get_secret_value().encode()
        self._hosts = {name.lower() for name in settings.allow_host} | _LOCAL
        self._addresses = not settings.is_local
        if self._addresses:
            self._hosts |= {settings.host.lower(), socket.gethostname().lower()}
        self._origins = frozenset(settings.allow_origin)
        self._rate = RateLimit(settings.rate)
        self._most, self._timeout_s = settings.max_body, settings.timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            self._check_framing(headers, scope)
            self._check_host(headers)
            self._check_origin(headers, scope)
            self._rate.check((scope.get("client") or ("", 0))[0])
            if self._token is not None and not OPEN.fullmatch(scope["path"]):
                _check_token(headers, self._token)
            if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
                read = await self._read_body(headers, receive)
                if read is None:
                    return
                receive = read
        elif scope["type"] != "lifespan":
            raise RequestRefusedError(404, "there are no websockets here")
        await self._app(scope, receive, send)

    def _check_framing(self, headers: Headers, scope: Scope) -> None:
        """Refuse what is too long, and what a proxy before this service may take for something else."""
        size = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
        if size + sum(len(name) + len(value) for name, value in headers.raw) > HEAD_BYTES:
            raise RequestRefusedError(
                431, f"expected a head of at most {HEAD_BYTES} bytes, found a longer one", close=True
            )
        if "transfer-encoding" in headers and "content-length" in headers:
            msg = "expected either Content-Length or Transfer-Encoding, found both"
            raise RequestRefusedError(400, msg, close=True)

    def _check_host(self, headers: Headers) -> None:
        given = headers.getlist("host")
        found = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        name = "" if found is None else found[1].lower()
        if name in self._hosts or (self._addresses and _is_address(name)):
            return
        msg = "expected a Host by which this service is known, found another; `--allow-host NAME` allows one"
        raise RequestRefusedError(403, msg)

    def _check_origin(self, headers: Headers, scope: Scope) -> None:
        origin = headers.get("origin")
        if origin is not None:
            own = _netloc(origin) == headers["host"].lower()
            if not own and origin.lower() not in self._origins:
                msg = "expected a request of this service's own page, found another Origin; `--allow-origin` allows one"
                raise RequestRefusedError(403, msg)
        elif headers.get("sec-fetch-site") == "cross-site" and not OPEN.fullmatch(scope["path"]):
            msg = "expected a request of this service's own page, found one of another site"
            raise RequestRefusedError(403, msg)

    async def _read_body(self, headers: Headers, receive: Receive) -> Receive | None:
        """Return what gives a body that has come whole; None where the client went before."""
        declared = headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit():
            raise RequestRefusedError(400, "expected a Content-Length in digits", close=True)
        msg = f"expected a body of at most {self._most} bytes, found a larger one"
        if len(declared) > 18 or int(declared) > self._most:
            raise RequestRefusedError(413, msg, close=True)
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(self._timeout_s):
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        return None
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > self._most:
                        raise RequestRefusedError(413, msg, close=True)
        except TimeoutError:
            msg = f"the request's body did not come within {self._timeout_s:g} s"
            raise RequestRefusedError(408, msg, close=True) from None
        given: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def receive_read() -> Message:
            return given.pop() if given else await receive()

        return receive_read


def with_guards(app: ASGIApp, settings: ServeSettings, metrics: Metrics) -> ASGIApp:
    """Return an application with what every request goes through before it."""
    layered: ASGIApp = Guard(app, settings)
    if settings.allow_origin:
        layered = CORSMiddleware(
            layered,
            allow_origins=settings.allow_origin,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    return Journal(layered, metrics, log_questions=settings.log_questions)


class RateLimit:
    """
    A bucket of requests for each client, which fills in a minute.

    :param per_minute: 0 for any number.
    """

    def __init__(self, per_minute: int) -> None:
        self._size = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, client: str) -> None:
        """
        Take one request out of a client's bucket.

        :raises RequestRefusedError: If there is none left.
        """
        if not self._size:
            return
        now = time.monotonic()
        left, since = self._buckets.pop(client, (float(self._size), now))
        left = min(self._size, left + (now - since) * self._size / 60)
        self._buckets[client] = (max(left - 1, 0.0), now) if left >= 1 else (left, now)
        if len(self._buckets) > _CLIENTS:
            self._buckets.popitem(last=False)
        if left < 1:
            wait = 1 + int((1 - left) * 60 / self._size)
            msg = f"expected at most {self._size} requests in a minute, found more; try again in {wait} s"
            raise RequestRefusedError(429, msg, retry_after_s=wait)


def _check_token(headers: Headers, expected: bytes) -> None:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected):
        raise RequestRefusedError(401, "expected the header Authorization: Bearer TOKEN with this service's token")


def _is_address(name: str) -> bool:
    """Whether a Host is an address, which no other site's name can become."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _netloc(origin: str) -> str:
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in {"http", "https"} else ""
