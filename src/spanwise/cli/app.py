"""What every command has in common: how its help looks, --quiet and --verbose, and how Ctrl-C ends it."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from spanwise.cli.options import takes_options
from spanwise.cli.output import Verbosity, verbosity

Function = TypeVar("Function", bound=Callable[..., Any])


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


def set_verbosity(chosen: Verbosity) -> None:
    """Print less or more from now on; what is not chosen changes nothing."""
    verbosity.quiet |= chosen.quiet
    verbosity.verbose |= chosen.verbose
    if chosen.verbose:
        logging.basicConfig(level=logging.INFO)


def _with_verbosity(command: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(command)
    def call(*, chosen: Verbosity, **given: Any) -> None:
        set_verbosity(chosen)
        command(**given)

    return takes_options(Verbosity, "chosen")(call)


@contextmanager
def raising_interruptions() -> Iterator[None]:
    """
    Raise KeyboardInterrupt if Ctrl-C was pressed within, whatever happened to it there.

    Native code that is interrupted, such as the import of a compiled module, raises an error of its own instead.

    :raises KeyboardInterrupt: If Ctrl-C was pressed.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):  # it is ignored
        yield
        return
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        before(number, frame)

    signal.signal(signal.SIGINT, press)
    try:
        yield
    except Exception as error:
        if pressed:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
