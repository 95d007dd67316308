"""Options that `spanwise serve` and `spanwise mcp` share."""

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanwise.cli.options import (
    DEFAULT_INDEX,
    DEVICE,
    READER,
    RERANKER,
    SECOND_READER,
    CalibrationOption,
    IndexOption,
)
from spanwise.errors import UsageError

if TYPE_CHECKING:
    from spanwise.serve.settings import ServeSettings


@dataclass(frozen=True)
class ServiceOptions:
    """What is served, and to whom; None leaves it to the environment."""

    index: IndexOption = DEFAULT_INDEX
    host: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address to listen on; all but this machine's own need a token."),
    ] = None
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = None
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="The bearer token that clients must send. Others can see command lines: better set SPANWISE_TOKEN.",
        ),
    ] = None
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Another host name that clients use; may be repeated."),
    ] = None
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="The origin of another page that may call it; may be repeated."),
    ] = None
    reader: Annotated[str | None, READER] = None
    second_reader: Annotated[str | None, SECOND_READER] = None
    reranker: Annotated[str | None, RERANKER] = None
    calibration: CalibrationOption = None
    device: Annotated[str | None, DEVICE] = None


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
    from spanwise.serve.settings import ServeSettings

    every = (entry for group in options for entry in asdict(group).items())
    given: dict[str, Any] = {name: value for name, value in every if value not in (None, [])}
    try:
        settings = ServeSettings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        found = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"--{where.replace('_', '-')}: {found}" if where else found) from error
    if settings.sync is None:
        Index.open(settings.index).close()
    return settings
