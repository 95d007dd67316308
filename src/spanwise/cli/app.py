"""What every command has in common: how its help looks, --quiet and --verbose."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from spanwise.cli.options import takes_options
from spanwise.cli.output import verbosity

Function = TypeVar("Function", bound=Callable[..., Any])
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress and no notes.")]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Also print what libraries log, and where an error comes from.")
]


class Command(TyperCommand):
    """A command whose help names its parameters as a person types them."""

    def get_params(self, ctx: Any) -> Any:
        """Return its parameters."""
        return _plainly_named(super().get_params(ctx))


class Group(TyperGroup):
    """A group of commands whose help does so too."""

    def get_params(self, ctx: Any) -> Any:
        """Return its parameters."""
        return _plainly_named(super().get_params(ctx))


def _plainly_named(parameters: list[Any]) -> list[Any]:
    """Let help show what a person types: nothing after a flag, N for a number, and of an argument only its name."""
    for parameter in parameters:
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = lambda ctx: None  # noqa: ARG005
        elif parameter.metavar is None and getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        elif parameter.metavar is None and getattr(parameter, "min", None) is not None:
            parameter.metavar = "N"
    return parameters


def make_app(name: str, **given: Any) -> typer.Typer:
    """Return a group of commands."""
    return typer.Typer(name=name, no_args_is_help=True, **{"cls": Group, **given})


def command_of(app: typer.Typer, name: str | None = None, **given: Any) -> Callable[[Function], Function]:
    """Return a decorator that makes a function a command of a group, with --quiet and --verbose."""
    register = app.command(name, **{"cls": Command, **given})

    def decorate(function: Function) -> Function:
        register(_with_verbosity(function))
        return function

    return decorate


def set_verbosity(*, quiet: bool, verbose: bool) -> None:
    """Print less or more from now on; False changes nothing."""
    verbosity.quiet |= quiet
    verbosity.verbose |= verbose
    if verbose:
        logging.basicConfig(level=logging.INFO)


@dataclass(frozen=True)
class _Verbosity:
    quiet: QuietOption = False
    verbose: VerboseOption = False


def _with_verbosity(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def call(*, chosen: _Verbosity, **given: Any) -> None:
        set_verbosity(quiet=chosen.quiet, verbose=chosen.verbose)
        command(**given)

    return takes_options(_Verbosity, "chosen")(call)
