"""How much a request may be, and how long it may take to come."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spanwise.serve.http.replies import RequestRefusedError


class BodyLimit:
    """
    Reads a request's body whole before anything looks at it.

    :param most: Bytes of a body.
    :param timeout_s: Seconds in which it must have come.
    """

    def __init__(self, app: ASGIApp, most: int, timeout_s: float) -> None:
        self._app = app
        self._most = most
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body, or refuse it."""
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isascii() or not declared.isdigit():
            raise RequestRefusedError(400, "expected a Content-Length in digits", close=True)
        if len(declared) > 18 or int(declared) > self._most:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._timeout_s):
                body = await self._read(receive)
        except TimeoutError:
            msg = f"the request's body did not come within {self._timeout_s:g} s"
            raise RequestRefusedError(408, msg, close=True) from None
        if body is None:
            return  # the client is gone
        given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_read() -> Message:
            return given.pop() if given else await receive()

        await self._app(scope, receive_read, send)

    async def _read(self, receive: Receive) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            body += message.get("body", b"")
            if len(body) > self._most:
                raise self._too_large()
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> RequestRefusedError:
        return RequestRefusedError(
            413, f"expected a body of at most {self._most} bytes, found a larger one", close=True
        )


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
