"""Options that `spanwise serve` and `spanwise mcp` share."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spanwise.errors import UsageError

if TYPE_CHECKING:
    from spanwise.serve.settings import ServeSettings

OptionalIndex = Annotated[
    Path | None, typer.Option("--index", metavar="DIR", help="The index's directory; or SPANWISE_INDEX.")
]
HostOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Where to listen; any but this machine's own needs a token.")
]
PortOption = Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")]
TokenOption = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="What clients must send as a bearer token. Other users may see a command: rather set SPANWISE_TOKEN.",
    ),
]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A name by which clients call it, beside its own; may be repeated."),
]
AllowOriginOption = Annotated[
    list[str] | None,
    typer.Option(metavar="ORIGIN", help="The origin of another page that may call it; may be repeated."),
]
ReaderOption = Annotated[
    str | None, typer.Option(metavar="MODEL", help="A question-answering model: a hub name or a folder.")
]
RerankerOption = Annotated[
    str | None, typer.Option(metavar="MODEL", help="A cross-encoder that sorts passages before they are read.")
]
CalibrationOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="What `spanwise calibrate --out FILE` wrote.")
]
ServeDeviceOption = Annotated[str | None, typer.Option("--device", metavar="auto|cpu|cuda|mps")]


def settings_of(given: dict[str, Any]) -> "ServeSettings":
    """
    Return settings of what was given; the rest comes from the environment.

    :raises UsageError: If they cannot be meant.
    """
    if not all(find_spec(package) for package in ("fastapi", "uvicorn", "pydantic_settings", "mcp")):
        msg = "a service needs the serve extra: pip install 'spanwise[serve]'"
        raise UsageError(msg)
    from pydantic import ValidationError

    from spanwise.serve.settings import ServeSettings

    try:
        return ServeSettings(**{name: value for name, value in given.items() if value not in (None, [])})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        found = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"--{where.replace('_', '-')}: {found}" if where else found) from error


def require_index(settings: "ServeSettings") -> None:
    """
    Check that there is an index to be served, where none will be made.

    :raises IndexStateError: If there is none.
    """
    from spanwise.index.index import Index

    if settings.sync is None:
        Index.open(settings.index).close()
