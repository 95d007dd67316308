"""The application: routes, the page, and what is refused."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from spanwise import __version__
from spanwise.errors import IndexStateError, SpanwiseError, UsageError
from spanwise.serve.http.guard import with_guards
from spanwise.serve.http.journal import LOGGER, line
from spanwise.serve.http.replies import REASONS, JsonResponse, RequestRefusedError, problems_of, refusal
from spanwise.serve.routes import asking_routes, document_routes
from spanwise.serve.schemas import HealthReply, RefusalReply, StatusReply
from spanwise.serve.service import Service
from spanwise.serve.settings import ServeSettings

THREADS = 8
"""How many documents are read at once; each thread may keep a connection to the catalogue."""
STATIC = files("spanwise.serve") / "static"


def create_app(settings: ServeSettings | None = None, service: Service | None = None) -> ASGIApp:
    """
    Return the ASGI application of a service.

    :param settings: None takes the environment's and the defaults.
    :param service: None makes one of the settings.
    """
    service = Service(ServeSettings() if settings is None else settings) if service is None else service

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        await service.start()
        yield
        await service.stop()

    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": RefusalReply, "description": reason} for status, reason in REASONS.items()
    }
    app = FastAPI(
        title="spanwise",
        version=__version__,
        description='Ask documents a question; get the exact words that answer it, or an honest "they do not say".',
        docs_url=None,
        redoc_url=None,
        lifespan=living,
        responses=refusals,
        separate_input_output_schemas=False,
    )
    # the guard checks it; this describes it, for the page of the API and for clients made of the description
    bearer = [] if service.settings.token is None else [Security(HTTPBearer(auto_error=False))]
    app.include_router(asking_routes(service), dependencies=bearer)
    app.include_router(document_routes(service), dependencies=bearer)
    app.include_router(_state_routes(service), dependencies=bearer)
    _add_open_routes(app, service)
    _add_handlers(app)
    return with_guards(app, service.settings, service.metrics)


def _state_routes(service: Service) -> APIRouter:
    router = APIRouter(tags=["service"])

    @router.get("/status", response_model=StatusReply)
    def status() -> JsonResponse:
        """Say what is indexed, and how the index is kept up to date."""
        listing, refresher = service.library.listing(), service.refresher
        reply = {
            "version": __version__,
            "generation": listing.generation,
            "documents": len(listing.files),
            "passages": service.library.corpus.index.count(),
            "feedback": service.feedback is not None,
            "max_question": service.settings.max_question,
            "sync": None if refresher is None else refresher.last,
        }
        return JsonResponse(reply)

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def metrics() -> Response:
        """Return what the service counts, as Prometheus reads it."""
        with suppress(IndexStateError):
            listing = service.library.listing()
            service.metrics.generation.set(listing.generation)
            service.metrics.documents.set(len(listing.files))
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")

    return router


def _add_open_routes(app: FastAPI, service: Service) -> None:
    @app.head("/health", include_in_schema=False)
    @app.get("/health", response_model=HealthReply, tags=["service"])
    def health() -> JsonResponse:
        """Say whether questions can be answered; 503 where there is no index, nothing in it, or it is damaged."""
        listing = service.library.listing()
        if not listing.files:
            msg = f"expected an index with files in {service.library.corpus.path}, found none yet"
            raise IndexStateError(msg)
        return JsonResponse({"status": "ok", "generation": listing.generation})

    def page(name: str) -> Callable[[], FileResponse]:
        def send() -> FileResponse:
            return FileResponse(str(STATIC / name), media_type="text/html", headers={"cache-control": "no-cache"})

        return send

    for path, name in (("/", "index.html"), ("/docs", "docs.html")):
        app.api_route(path, methods=["GET", "HEAD"], include_in_schema=False)(page(name))
    app.mount("/docs/swagger", StaticFiles(packages=[("fastapi_offline", "static")]))
    app.mount("/static", StaticFiles(directory=str(STATIC)))


def _add_handlers(app: FastAPI) -> None:
    app.exception_handler(RequestValidationError)(_invalid)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        headers = None if error.headers is None else dict(error.headers)
        return refusal(request.scope, error.status_code, str(error.detail), headers)

    @app.exception_handler(RequestRefusedError)
    def refused(request: Request, error: RequestRefusedError) -> Response:
        return error.reply(request.scope)

    @app.exception_handler(IndexStateError)
    def no_index(request: Request, error: IndexStateError) -> Response:
        LOGGER.warning(line("no index", id=request.scope["request_id"], reason=str(error)))
        msg = "there is no index that can be asked now; the service's log says more, under this request's id"
        return refusal(request.scope, 503, msg, {"retry-after": "5"})

    @app.exception_handler(Exception)
    def failed(request: Request, _: Exception) -> Response:
        return refusal(request.scope, 500, "the service failed; its log says why, under this request's id")

    @app.exception_handler(SpanwiseError)
    def unexpected(request: Request, error: SpanwiseError) -> Response:  # its message may name what is on the disk
        LOGGER.error(line("failure", id=request.scope["request_id"], reason=str(error)))
        return failed(request, error)

    @app.exception_handler(UsageError)
    def misused(request: Request, error: UsageError) -> Response:
        return refusal(request.scope, 404 if error.no_files else 422, str(error))

    @app.exception_handler(TimeoutError)
    def late(request: Request, error: TimeoutError) -> Response:
        return refusal(request.scope, 503, str(error) or "not done in time", {"retry-after": "1"})


def _invalid(request: Request, error: RequestValidationError) -> Response:
    problems = problems_of(error.errors()[:10])
    reason = "{where}: {problem}".format(**problems[0])
    if isinstance(error.body, bytes):  # it is read as JSON only where it is said to be that
        reason = f"expected Content-Type: application/json, found {request.headers.get('content-type', 'none')}"
    return refusal(request.scope, 422, reason.encode("utf-8", "replace").decode(), details=problems)
