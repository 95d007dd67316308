"""The documents as tools and resources of an assistant, by the Model Context Protocol."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, InputRequiredResult, Resource, ToolAnnotations
from pydantic import Field, ValidationError
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from spanwise import __version__
from spanwise.answer.result_json import result_json
from spanwise.errors import SpanwiseError, UsageError
from spanwise.serve.http.guard import with_guards
from spanwise.serve.http.replies import RequestRefusedError, problems_of
from spanwise.serve.library import AskSettings, Library, pages_of, part_of
from spanwise.serve.schemas import said_plainly
from spanwise.serve.service import Service
from spanwise.serve.settings import ServeSettings

MOST_CHARACTERS = 20_000
MOST_RESOURCES = 1000
URI = "spanwise://documents/"
INSTRUCTIONS = (
    "Answers questions from a folder of documents, only in their exact words. Call `ask` with a whole question. Quote "
    "`answer` word for word and cite its file and place. `verdict` is `answer`, `unsure` or `no_answer`: where it is "
    "not `answer`, say that the documents do not say, and give the candidates as mere candidates. `search` finds "
    "passages, `read_document` reads around a citation."
)
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

QueryText = Annotated[
    str,
    Field(min_length=1, max_length=1000, pattern=r"\S"),
    said_plainly("a text of at most 1,000 characters that are not all blank"),
]
FilterText = Annotated[
    str | None, Field(max_length=200, description="Only files whose path matches, as in 'reports/*'.")
]


class _Server(MCPServer[Any]):
    """Lists the documents of the newest generation as resources, and refuses arguments that no tool has."""

    def __init__(self, service: Service) -> None:
        super().__init__("spanwise", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")
        self._service = service

    async def list_resources(self) -> list[Resource]:
        """Return the first thousand documents; `search` finds the others."""
        listing = await asyncio.to_thread(self._service.library.listing)
        return [
            Resource(uri=URI + identity, name=record.file, title=record.title, mime_type="text/plain")
            for identity, record in list(listing.files.items())[:MOST_RESOURCES]
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """
        Call a tool.

        :raises ToolError: Also for an argument that it does not have, such as a misnamed filter: leaving that out
            would answer from every document.
        """
        for tool in await self.list_tools():
            if tool.name == name:
                known = tool.input_schema["properties"]
                if unknown := sorted(set(arguments) - set(known)):
                    found = f"found {', '.join(unknown)}; rename or leave out any other"
                    msg = f"expected the arguments {', '.join(known)}, {found}"
                    raise ToolError(msg)
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, SpanwiseError | RequestRefusedError):  # of what was asked: the assistant is told
                msg = f"Error executing tool {name}: {cause}"
            elif type(error) is ToolError and isinstance(cause, ValidationError):
                msg = "; ".join(f"{one['where']}: {one['problem']}" for one in problems_of(cause.errors()))
            else:
                raise
            raise ToolError(msg) from error


def create_mcp(service: Service) -> MCPServer[Any]:
    """
    Return the server of a running service.

    :param service: Started before the first call, and stopped after the last.
    """
    server = _Server(service)
    library, timeout_s = service.library, service.settings.timeout

    @server.tool(annotations=_READS)
    async def ask(
        question: QueryText,
        top_k: Annotated[int, Field(ge=1, le=20, description="Most answers.")] = 5,
        filter: FilterText = None,
        threshold: Annotated[float | None, Field(ge=0, le=1, description="Confidence below which to abstain.")] = None,
    ) -> dict[str, Any]:
        """Answer a question in the exact words of the documents, with file, place, sentence and confidence."""
        asked = AskSettings(None if filter is None else (filter,), top_k, threshold=threshold)
        (result,) = await service.batcher.ask([question], asked, timeout_s)
        return result_json(result)

    @server.tool(annotations=_READS)
    async def search(
        query: QueryText,
        top_k: Annotated[int, Field(ge=1, le=50, description="Most passages.")] = 10,
        filter: FilterText = None,
    ) -> dict[str, Any]:
        """Find passages by meaning and by words, best first; each with its file and offsets."""
        globs = None if filter is None else [filter]
        return await asyncio.to_thread(library.search, query, globs, top_k)

    @server.tool(annotations=_READS)
    async def read_document(
        file: Annotated[str, Field(max_length=4096, description="Its path, as answers cite it.")],
        start: Annotated[int, Field(ge=0, description="Offset of the first character, in the whole document.")] = 0,
        end: Annotated[int | None, Field(ge=0, description="Offset after the last character, likewise.")] = None,
        page: Annotated[int | None, Field(ge=1, description="Only this page, where the document has pages.")] = None,
    ) -> dict[str, Any]:
        """Read the text of a document, or a part of it: 20,000 characters at most; `length` says how many there are."""
        return await asyncio.to_thread(_part, library, file, start, end, page)

    @server.resource(URI + "{identity}", name="document", mime_type="text/plain")
    async def document(identity: str) -> str:
        """The text of a document of the list."""
        try:
            return (await asyncio.to_thread(library.document, identity)).source.text
        except (SpanwiseError, RequestRefusedError) as error:
            raise ResourceNotFoundError(str(error)) from error

    return server


def _part(library: Library, file: str, start: int, end: int | None, page: int | None) -> dict[str, Any]:
    stored, within = library.find(file), None
    name, pages = stored.source.file, pages_of(stored.source)
    if page is not None:
        if pages is None:
            msg = f"{name} has no pages; leave page out"
            raise UsageError(msg)
        if page > len(pages):
            msg = f"expected a page from 1 to {len(pages)} of {name}, found {page}; leave it out"
            raise UsageError(msg)
        within = pages[page - 1]["start"], pages[page - 1]["end"]
    count = None if pages is None else len(pages)
    return part_of(stored, start, end, MOST_CHARACTERS, within) | {"pages": count}


def mcp_app(settings: ServeSettings) -> ASGIApp:
    """Return the ASGI application that serves streamable HTTP at /mcp, guarded as the REST service is."""
    service = Service(settings)
    inner = create_mcp(service).streamable_http_app(
        stateless_http=True,
        json_response=True,
        max_request_body_size=settings.max_body,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # Guard does that
    )

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        await service.start()
        async with inner.router.lifespan_context(inner):
            yield
        await service.stop()

    return with_guards(Starlette(routes=[Mount("/", inner)], lifespan=living), settings, service.metrics)


def run_stdio(settings: ServeSettings) -> None:
    """Speak with an assistant on standard input and output until it closes them."""

    async def speak() -> None:
        service = Service(settings)
        await service.start()
        try:
            await create_mcp(service).run_stdio_async()
        finally:
            await service.stop()

    asyncio.run(speak())
