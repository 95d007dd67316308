"""Replies in JSON, refusals among them."""

import json
from collections.abc import Iterable
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

REASONS: dict[int, str] = {
    400: "The request cannot be understood.",
    401: "A token is needed.",
    403: "The host or the origin is not allowed.",
    408: "The request came too slowly.",
    413: "The request is too large.",
    422: "The request is not as described.",
    429: "Too many requests from one client.",
    431: "The request's head is too long.",
    503: "Overloaded, or there is no index yet.",
}
"""Why any request may be refused, by the status."""


class JsonResponse(Response):
    """JSON in UTF-8; names that are no Unicode text are escaped."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the bytes of `content`."""
        try:
            return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


class RequestRefusedError(Exception):
    """
    A request that is not answered, whatever refuses it.

    :param status: The HTTP status.
    :param reason: Why, in a sentence that is fit to be shown.
    :param retry_after_s: Seconds after which it can be tried again, or None.
    """

    def __init__(self, status: int, reason: str, *, retry_after_s: int | None = None, close: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers: dict[str, str] = {}
        if retry_after_s is not None:
            self.headers["retry-after"] = str(retry_after_s)
        if status == 401:
            self.headers["www-authenticate"] = "Bearer"
        if close:
            self.headers["connection"] = "close"

    def reply(self, scope: Scope) -> JsonResponse:
        """Return the reply to the request, which is the reason."""
        return refusal(scope, self.status, self.reason, self.headers)


def problems_of(errors: Iterable[Any]) -> list[dict[str, str]]:
    """Return where something given is not as described, and how, of errors as pydantic lists them."""
    return [
        {"where": ".".join(map(str, one["loc"])), "problem": str(one["msg"]).removeprefix("Value error, ")}
        for one in errors
    ]


def refusal(
    scope: Scope, status: int, reason: str, headers: dict[str, str] | None = None, **more: object
) -> JsonResponse:
    """Return the reply to a request that is not answered."""
    body = {"error": reason, "status": status, "request_id": scope.get("request_id", ""), **more}
    return JsonResponse(body, status_code=status, headers=headers)
