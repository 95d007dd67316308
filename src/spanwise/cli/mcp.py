"""`spanwise mcp`: the documents as tools of an assistant."""

from typing import Annotated

import typer

from spanwise.cli.options import takes_options
from spanwise.cli.serve import ServiceOptions, settings_of


@takes_options(ServiceOptions)
def mcp(
    *,
    options: ServiceOptions,
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP at /mcp instead of standard input and output.")
    ] = False,
) -> None:
    """
    Give an assistant the tools ask, search and read_document by MCP.

    An assistant starts this command itself and communicates over standard
    input and output; --http is for an assistant on another machine.

    Examples:
        spanwise mcp
        spanwise mcp --http --port 8001

    """
    settings = settings_of(options)
    from spanwise.serve.http.run import log_to_stderr, run
    from spanwise.serve.mcp import mcp_app, run_stdio

    log_to_stderr()  # before the SDK does it in its own way
    if http:
        run(mcp_app(settings), settings, "/mcp")
    else:
        run_stdio(settings)
