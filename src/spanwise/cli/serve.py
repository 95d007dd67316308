"""`spanwise serve` and `spanwise mcp`: a web page and REST, and the documents as tools of an assistant."""

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Option

from spanwise.cli.options import (
    DEFAULT_INDEX,
    DEVICE,
    READER,
    RERANKER,
    SECOND_READER,
    AddressOption,
    CalibrationOption,
    IndexOption,
)
from spanwise.errors import UsageError

if TYPE_CHECKING:
    from spanwise.serve.settings import ServeSettings


@dataclass(frozen=True)
class ServiceOptions:
    """What `spanwise serve` and `spanwise mcp` serve, and to whom; None leaves it to the environment."""

    index: IndexOption = DEFAULT_INDEX
    host: Annotated[
        str | None, Option(metavar="ADDRESS", help="Address to listen on; all but this machine's own need a token.")
    ] = None
    port: Annotated[int | None, Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None
    token: Annotated[
        str | None,
        Option(
            metavar="TEXT",
            help="The bearer token that clients must send. Others can see command lines: better set SPANWISE_TOKEN.",
        ),
    ] = None
    allow_host: Annotated[
        list[str] | None, Option(metavar="NAME", help="Another host name that clients use; may be repeated.")
    ] = None
    allow_origin: Annotated[
        list[str] | None, Option(metavar="ORIGIN", help="The origin of another page that may call it; may be repeated.")
    ] = None
    reader: Annotated[str | None, READER] = None
    second_reader: Annotated[str | None, SECOND_READER] = None
    reranker: Annotated[str | None, RERANKER] = None
    calibration: CalibrationOption = None
    device: Annotated[str | None, DEVICE] = None


@dataclass(frozen=True)
class WebOptions:
    """What `spanwise serve` can be told beside; None leaves it to the environment."""

    sync: Annotated[str | None, Option(metavar="FOLDER", help="Keep the index up to date with this folder.")] = None
    every: Annotated[
        str | None, Option(metavar="TIME", help="How often to sync: 90s, 10m, 6h. Without --every and --watch: once.")
    ] = None
    watch: Annotated[bool | None, Option("--watch", help="Sync as soon as something changes.")] = None
    feedback: Annotated[
        Path | None, Option(metavar="FILE", help="Write verdicts on answers to this file, for `spanwise calibrate`.")
    ] = None
    trust_proxy: Annotated[
        list[str] | None, Option(metavar="ADDRESS", help="A proxy whose X-Forwarded-For is trusted.")
    ] = None
    rate: Annotated[
        int | None, Option(min=0, metavar="N", help="Most requests per client and minute; 0 for no limit.")
    ] = None
    timeout: Annotated[
        float | None, Option(metavar="SECONDS", help="Most seconds for a question, including waiting.")
    ] = None
    max_queue: Annotated[int | None, Option(min=1, metavar="N", help="Most questions that may wait.")] = None
    log_questions: Annotated[bool | None, Option("--log-questions", help="Write questions to the log.")] = None


@dataclass(frozen=True)
class ClusterOptions:
    """Where questions are answered; None leaves it to the environment."""

    engine: Annotated[
        Literal["local", "ray"] | None,
        Option(help="Where passages are found and read: here, or on the machines of a Ray cluster."),
    ] = None
    address: AddressOption = None
    replicas: Annotated[
        int | None, Option(min=1, metavar="N", help="How many of its processes search, each its share.")
    ] = None


def serve(
    *, cluster: Annotated[ClusterOptions, "Where the work is done"], web: WebOptions, options: ServiceOptions
) -> None:
    """
    Serve a web page and REST on http://127.0.0.1:8000, until Ctrl-C.

    Every option can be given as a variable too: SPANWISE_PORT,
    SPANWISE_TOKEN and so on. The API is described at /docs.

    Examples:
        spanwise serve
        spanwise serve --port 8080 --sync papers/ --watch
        spanwise serve --engine ray --address 10.0.0.1:6379 --replicas 4

    """
    settings = settings_of(options, web, cluster)
    from spanwise.serve.app import create_app
    from spanwise.serve.http.run import log_to_stderr, run

    log_to_stderr()
    if settings.engine == "local":
        run(create_app(settings), settings)
        return
    from spanwise.scale.cluster import connected

    with connected(settings.address, least_cpus=1 + (settings.replicas or 1)):
        from spanwise.scale.answering.spread import spread_service

        with spread_service(settings) as service:
            run(create_app(service=service), settings)


def settings_of(*options: Any) -> "ServeSettings":
    """
    Return settings of what was given; the rest comes from the environment.

    :param options: `ServiceOptions`, and the dataclass of one command's own; None in them is not given.
    :raises UsageError: If they are not valid.
    :raises IndexStateError: If there is no index, and none will be made.
    """
    if not all(find_spec(package) for package in ("fastapi", "uvicorn", "pydantic_settings", "mcp")):
        msg = "a service needs the serve extra: pip install 'spanwise[serve]'"
        raise UsageError(msg)
    from pydantic import ValidationError

    from spanwise.index.index import Index
    from spanwise.serve.http.replies import problems_of
    from spanwise.serve.settings import ServeSettings

    every = (entry for group in options for entry in asdict(group).items())
    given: dict[str, Any] = {name: value for name, value in every if value not in (None, [])}
    try:
        settings = ServeSettings(**given)
    except ValidationError as error:
        first = problems_of(error.errors())[0]
        option = f"--{first['where'].replace('_', '-')}: " if first["where"] else ""
        msg = f"{option}{first['problem']}"
        raise UsageError(msg) from error
    if settings.sync is None:
        Index.open(settings.index).close()
    return settings


def mcp(
    *,
    http: Annotated[
        bool, Option("--http", help="Serve streamable HTTP at /mcp instead of standard input and output.")
    ] = False,
    options: ServiceOptions,
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
