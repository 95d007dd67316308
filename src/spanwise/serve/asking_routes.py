"""The routes that ask and search."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from spanwise.answer.result_json import result_json
from spanwise.serve.http.replies import JsonResponse, RequestRefusedError
from spanwise.serve.library import AskSettings
from spanwise.serve.schemas import (
    AskRequest,
    FeedbackRequest,
    RefusalReply,
    ResultReply,
    ResultsReply,
    SearchReply,
    SearchRequest,
)
from spanwise.serve.service import Service

_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": RefusalReply}}


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

    @router.post("/ask", response_model=ResultReply | ResultsReply, responses=_NOT_FOUND)
    async def ask(given: AskRequest, request: Request) -> JsonResponse:
        """Answer one question or several, each in the documents' own words; several get `{"results": [...]}`."""
        check(given.asked)
        request.state.questions = given.asked
        asked = AskSettings(_globs(given.filters), given.top_k, given.passages, given.threshold)
        found = await service.batcher.ask(given.asked, asked, settings.timeout)
        results = [result_json(result, explain=given.explain) for result in found]
        return JsonResponse({"results": results} if "questions" in given.model_fields_set else results[0])

    @router.post("/search", response_model=SearchReply, responses=_NOT_FOUND)
    async def search(given: SearchRequest, request: Request) -> JsonResponse:
        """Find passages by meaning and by words; nothing is read."""
        check([given.query])
        request.state.questions = [given.query]
        async with asyncio.timeout(settings.timeout):
            found: dict[str, Any] = await asyncio.to_thread(
                service.library.search, given.query, _globs(given.filters), given.top_k
            )
        return JsonResponse(found)

    @router.post("/feedback", status_code=201, response_model=dict[str, bool], responses=_NOT_FOUND)
    def feedback(given: FeedbackRequest) -> JsonResponse:
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
