"""`spanwise serve`: a web page and REST."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from spanwise.cli.options import takes_options
from spanwise.cli.serving import ServiceOptions, settings_of


@dataclass(frozen=True)
class WebOptions:
    """What `spanwise serve` can be told beside; None leaves it to the environment."""

    sync: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Keep the index up to date with this folder.")] = (
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


@takes_options(ServiceOptions)
@takes_options(WebOptions, "web")
def serve(*, options: ServiceOptions, web: WebOptions) -> None:
    """
    Serve a web page and REST on http://127.0.0.1:8000, until Ctrl-C.

    Every option can be given as a variable too: SPANWISE_PORT,
    SPANWISE_TOKEN and so on. The API is described at /docs.

    Examples:
        spanwise serve
        spanwise serve --port 8080 --sync papers/ --watch

    """
    settings = settings_of(options, web)
    from spanwise.serve.app import create_app
    from spanwise.serve.http.run import log_to_stderr, run

    log_to_stderr()
    run(create_app(settings), settings)
