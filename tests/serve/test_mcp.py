"""The tools and resources of an assistant, tried with the SDK's own client."""

import asyncio
import os
import socket
import sys
import threading
import time

import pytest
import uvicorn
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from spanwise.pipeline.corpus import Corpus
from spanwise.serve.mcp import create_mcp, mcp_app
from spanwise.serve.service import Service
from spanwise.serve.settings import ServeSettings

MANUAL = "manuals/sollinger-operating-manual.pdf"
QUESTION = "How often is the primary mirror recoated?"


async def use(client, corpus):
    """Do what an assistant does, and check it against the corpus."""
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "search", "read_document"}
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    said = (await client.call_tool("ask", {"question": QUESTION, "top_k": 2})).structured_content
    first = said["answers"][0]
    assert corpus.source_text(first["file"])[first["start"] : first["end"]] == first["answer"]
    assert [one["answer"] for one in said["answers"]] == [one.answer for one in corpus.ask(QUESTION, top_k=2).answers]
    assert {"verdict", "generation", "no_answer_confidence"} <= set(said)
    found = (await client.call_tool("search", {"query": "mirror recoating", "top_k": 2})).structured_content
    assert found["passages"][0]["file"] == "procedures/mirror-recoating.md"
    place = {"file": first["file"], "start": first["start"], "end": first["end"]}
    assert (await client.call_tool("read_document", place)).structured_content["text"] == first["answer"]


def test_an_assistant_can_cite(sample_index):
    async def check():
        service = Service(ServeSettings(index=sample_index))
        await service.start()
        with Corpus(sample_index) as corpus:
            async with Client(create_mcp(service)) as client:
                await use(client, corpus)
                pages = {"file": "manuals/sollinger-operating-manual.pdf", "page": 2}
                part = (await client.call_tool("read_document", pages)).structured_content
                whole = corpus.source_text(pages["file"])
                assert part["text"] == whole[part["start"] : part["end"]]
                assert 0 < part["start"] < part["end"] < part["length"] == len(whole)
                resources = (await client.list_resources()).resources
                assert len(resources) == 18
                text = (await client.read_resource(resources[0].uri)).contents[0].text
                assert text == corpus.source_text(resources[0].name)
        await service.stop()

    asyncio.run(check())


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("ask", {"question": " "}, "question: expected a text of at most 1,000 characters that are not all blank"),
        ("ask", {"question": "a" * 1001}, "question"),
        ("ask", {"question": "a", "top_k": 0}, "top_k"),
        (
            "ask",
            {"question": "a", "filters": "*.md"},
            "the arguments question, top_k, filter, threshold, found filters",
        ),
        ("search", {"query": "a", "b": 1, "a": 1}, "expected the arguments query, top_k, filter, found a, b; rename"),
        ("read_document", {"file": "../../etc/passwd"}, "no document of the index is"),
        ("read_document", {"file": "mirror-recoating.md"}, "did you mean procedures/mirror-recoating.md"),
        ("read_document", {"file": MANUAL, "page": 400}, "expected a page from 1 to"),
        ("read_document", {"file": MANUAL, "page": 2, "end": 100}, "found 0 and 100; they count from the start of the"),
        ("read_document", {"file": MANUAL, "start": 10**7}, "expected a start and a later end from 0 to"),
        ("read_document", {"file": MANUAL, "start": 9, "end": 5}, "found 9 and 5"),
        ("read_document", {"file": "procedures/mirror-recoating.md", "page": 1}, "has no pages; leave page out"),
    ],
)
def test_what_cannot_be_done_is_told(sample_index, tool, given, said):
    async def check():
        service = Service(ServeSettings(index=sample_index))
        service.batcher.start()
        async with Client(create_mcp(service)) as client:
            reply = await client.call_tool(tool, given)
            assert reply.is_error
            assert said in reply.content[0].text
            assert "pydantic" not in reply.content[0].text
            for uri in ("spanwise://documents/zzz", "file:///etc/passwd"):
                with pytest.raises(MCPError, match=r"no document has the id|Unknown resource"):
                    await client.read_resource(uri)
        await service.stop()

    asyncio.run(check())


def test_streamable_http_is_guarded_as_rest_is(sample_index):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = mcp_app(ServeSettings(index=sample_index, port=port))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.05)

        async def check():
            with Corpus(sample_index) as corpus:
                async with Client(f"http://127.0.0.1:{port}/mcp") as client:
                    await use(client, corpus)

        asyncio.run(check())
        import httpx

        for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
            assert httpx.post(f"http://127.0.0.1:{port}/mcp", json={}, headers=headers).status_code == 403
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_command_speaks_on_standard_input_and_output(sample_index, mode):
    async def check():
        command = ["-m", "spanwise", "mcp", "--index", str(sample_index)]
        started = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))
        with Corpus(sample_index) as corpus:
            async with Client(stdio_client(started), mode=mode) as client:
                await use(client, corpus)

    asyncio.run(check())
