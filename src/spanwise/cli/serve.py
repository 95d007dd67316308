"""`spanwise serve`: a web page and REST."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from spanwise.cli.options import AddressOption, takes_options
from spanwise.cli.serving import ServiceOptions, settings_of


@dataclass(frozen=True)
class WebOptions:
    """What `spanwise serve` can be told beside; None leaves it to the environment."""

    sync: Annotated[str | None, typer.Option(metavar="FOLDER", help="Keep the index up to date with this folder.")] = (
        None
    )
    every: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="How often to sync: 90s, 10m, 6h. Without --every and --watch: once."),
    ] = None
    watch: Annotated[bool | None, typer.Option("--watch", help="Sync as soon as something changes.")] = None
    feedback: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write verdicts on answers to this file, for `spanwise calibrate`."),
    ] = None
    trust_proxy: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="A proxy whose X-Forwarded-For is trusted.")
    ] = None
    rate: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Most requests per client and minute; 0 for no limit.")
    ] = None
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Most seconds for a question, including waiting.")
    ] = None
    max_queue: Annotated[int | None, typer.Option(min=1, metavar="N", help="Most questions that may wait.")] = None
    log_questions: Annotated[bool | None, typer.Option("--log-questions", help="Write questions to the log.")] = None


@dataclass(frozen=True)
class ClusterOptions:
    """Where questions are answered; None leaves it to the environment."""

    engine: Annotated[
        Literal["local", "ray"] | None,
        typer.Option(help="Where passages are found and read: here, or on the machines of a Ray cluster."),
    ] = None
    address: AddressOption = None
    replicas: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many of its processes search, each its share.")
    ] = None


@takes_options(ServiceOptions)
@takes_options(WebOptions, "web")
@takes_options(ClusterOptions, "cluster", panel="Where the work is done")
def serve(*, options: ServiceOptions, web: WebOptions, cluster: ClusterOptions) -> None:
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
        from spanwise.scale.answering.spread_service import spread_service

        with spread_service(settings) as service:
            run(create_app(service=service), settings)
