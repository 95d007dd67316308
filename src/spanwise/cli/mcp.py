"""`spanwise mcp`: the documents as tools of an assistant."""

from typing import Annotated

import typer

from spanwise.cli import serving


def mcp(
    index: serving.OptionalIndex = None,
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP at /mcp instead of standard input and output.")
    ] = False,
    host: serving.HostOption = None,
    port: serving.PortOption = None,
    token: serving.TokenOption = None,
    allow_host: serving.AllowHostOption = None,
    allow_origin: serving.AllowOriginOption = None,
    reader: serving.ReaderOption = None,
    reranker: serving.RerankerOption = None,
    calibration: serving.CalibrationOption = None,
    device: serving.ServeDeviceOption = None,
) -> None:
    """
    Give an assistant the tools ask, search and read_document by MCP.

    An assistant starts this command itself and speaks with it on standard
    input and output; --http is for one that runs elsewhere.
    """
    given = {name: value for name, value in locals().items() if name != "http"}
    settings = serving.settings_of(given)
    serving.require_index(settings)
    from spanwise.serve.mcp import mcp_app, run_stdio
    from spanwise.serve.run import log_to_stderr, run

    log_to_stderr()  # before the SDK does it in its own way
    if not http:
        run_stdio(settings)
        return
    run(mcp_app(settings), settings, "/mcp")
