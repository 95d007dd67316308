"""The routes that ask, search and show documents."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from spanwise.answer.result_json import result_json
from spanwise.serve import schemas
from spanwise.serve.http.replies import JsonResponse, RequestRefusedError
from spanwise.serve.library import AskSettings, Listing, pages_of, part_of, sections_of
from spanwise.serve.pdf_pages import can_draw, page_image, page_words
from spanwise.serve.service import Service

MOST_CHARACTERS = 1_000_000
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="From the list of documents.")]
PageNumber = Annotated[int, Path(ge=1, le=1_000_000, description="1-based.")]
Offset = Annotated[int, Query(ge=0, le=2**40)]
Mark = Annotated[str, Query(pattern=r"^\d{1,12}:\d{1,12}$")]
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": schemas.RefusalReply}}
_REFUSALS = {**_NOT_FOUND, 409: {"model": schemas.RefusalReply}}


def asking_routes(service: Service) -> APIRouter:
    """Return the routes `/ask`, `/search` and `/feedback`."""
    router = APIRouter(tags=["questions"])
    settings = service.settings

    def check(questions: list[str]) -> None:
        if len(questions) > settings.max_batch:
            msg = f"expected at most {settings.max_batch} questions, found {len(questions)}; ask the rest after them"
            raise RequestRefusedError(422, msg)
        longest = max(map(len, questions))
        if longest > settings.max_question:
            msg = f"expected a question of at most {settings.max_question} characters, found one of {longest}"
            raise RequestRefusedError(422, msg)

    @router.post("/ask", response_model=schemas.ResultReply | schemas.ResultsReply, responses=_NOT_FOUND)
    async def ask(given: schemas.AskRequest, request: Request) -> JsonResponse:
        """Answer one question or several, each in the documents' own words; several get `{"results": [...]}`."""
        check(given.asked)
        request.state.questions = given.asked
        asked = AskSettings(_globs(given.filters), given.top_k, given.passages, given.threshold)
        found = await service.batcher.ask(given.asked, asked, settings.timeout)
        results = [result_json(result, explain=given.explain) for result in found]
        return JsonResponse({"results": results} if "questions" in given.model_fields_set else results[0])

    @router.post("/search", response_model=schemas.SearchReply, responses=_NOT_FOUND)
    async def search(given: schemas.SearchRequest, request: Request) -> JsonResponse:
        """Find passages by meaning and by words; nothing is read."""
        check([given.query])
        request.state.questions = [given.query]
        async with asyncio.timeout(settings.timeout):
            found: dict[str, Any] = await asyncio.to_thread(
                service.library.search, given.query, _globs(given.filters), given.top_k
            )
        return JsonResponse(found)

    @router.post("/feedback", status_code=201, response_model=dict[str, bool], responses=_NOT_FOUND)
    def feedback(given: schemas.FeedbackRequest) -> JsonResponse:
        """Keep a verdict on an answer, for `spanwise calibrate` and `spanwise evaluate corpus`."""
        check([given.question])
        if service.feedback is None:
            raise RequestRefusedError(404, "verdicts are not kept here; `spanwise serve --feedback FILE` keeps them")
        service.feedback.add(given.question, given.answer, right=given.right)
        service.metrics.feedback.labels("right" if given.right else "wrong").inc()
        return JsonResponse({"kept": True}, status_code=201)

    return router


def _globs(filters: str | list[str] | None) -> tuple[str, ...] | None:
    if filters is None:
        return None
    return (filters,) if isinstance(filters, str) else tuple(filters)


def document_routes(service: Service) -> APIRouter:
    """Return the routes of `/documents`."""
    router = APIRouter(tags=["documents"])
    library = service.library

    @router.get("/documents", response_model=schemas.DocumentsReply)
    def documents(
        file: Annotated[str | None, Query(max_length=1024, description="Only the document of this path.")] = None,
        q: Annotated[str | None, Query(max_length=200, description="Only paths and titles that hold this.")] = None,
        offset: Offset = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> JsonResponse:
        """List what is indexed, and what could not be read."""
        listing = library.listing()
        found = _select(listing, file, q)
        reply = {
            "generation": listing.generation,
            "total": len(found),
            "documents": [_entry(listing, identity) for identity in found[offset : offset + limit]],
            "skipped": [asdict(one) for one in listing.index.passed_over.skipped],
        }
        return JsonResponse(reply)

    @router.get("/documents/{identity}", response_model=schemas.TextReply, responses=_REFUSALS)
    def document(
        identity: Id, start: Offset = 0, end: Annotated[int | None, Query(ge=0, le=2**40)] = None
    ) -> JsonResponse:
        """
        Return a document's text as it is stored, a million characters at most, and the structure of the whole.

        Beyond the text, which may have been longer when it was cited, and behind `end` there is none: "start" and "end"
        of the reply say what it holds.
        """
        stored = library.document(identity)
        start = min(start, len(stored.source.text))
        reply = {
            "id": identity,
            **part_of(stored, start, None if end is None else max(start, end), MOST_CHARACTERS),
            "sha256": stored.source.sha256,
            "pages": pages_of(stored.source),
            "sections": sections_of(stored.source),
            "images": can_draw(stored),
        }
        return JsonResponse(reply)

    @router.get("/documents/{identity}/pages/{page}", response_model=schemas.WordsReply, responses=_REFUSALS)
    def words(
        identity: Id,
        page: PageNumber,
        mark: Annotated[list[Mark], Query(max_length=100)] = [],  # noqa: B006
    ) -> JsonResponse:
        """Return a PDF page's words with their boxes, and the boxes of each `mark`, as `START:END` of the text."""
        marked = [(int(one.partition(":")[0]), int(one.partition(":")[2])) for one in mark]
        return JsonResponse(page_words(library.document(identity), page, marked))

    @router.get(
        "/documents/{identity}/pages/{page}/image",
        response_class=Response,
        responses={**_REFUSALS, 200: {"content": {"image/png": {}}}},
    )
    def image(identity: Id, page: PageNumber, width: Annotated[int, Query(ge=100, le=2400)] = 1400) -> Response:
        """Return a PDF page as an image, if the file on disk is still the one that was indexed."""
        return Response(page_image(library.document(identity), page, width), media_type="image/png")

    return router


def _select(listing: Listing, file: str | None, words: str | None) -> list[str]:
    if file is not None:
        return [identity for identity, record in listing.files.items() if record.file == file]
    if words is None:
        return list(listing.files)
    wanted = words.casefold()
    return [
        identity
        for identity, record in listing.files.items()
        if wanted in record.file.casefold() or wanted in (record.title or "").casefold()
    ]


def _entry(listing: Listing, identity: str) -> dict[str, Any]:
    record = listing.files[identity]
    return {"id": identity} | {name: getattr(record, name) for name in ("file", "title", "passages", "size", "sha256")}
