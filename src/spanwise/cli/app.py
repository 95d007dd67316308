"""What every command has in common: how help looks, options that stand together, --quiet, and how Ctrl-C ends it."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from types import FrameType
from typing import Annotated, Any, TypeVar, get_args

import typer
from typer.core import TyperCommand, TyperGroup

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
    """Return a decorator that makes a function a command of a group, with --quiet and --verbose and all its options."""
    register = app.command(name, **{"cls": Command, **given})

    def decorate(function: Function) -> Function:
        register(_with_options(function))
        return function

    return decorate


def set_verbosity(chosen: Verbosity) -> None:
    """Print less or more from now on; what is not chosen changes nothing."""
    verbosity.quiet |= chosen.quiet
    verbosity.verbose |= chosen.verbose
    if chosen.verbose:
        logging.basicConfig(level=logging.INFO)


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """
    Return a command that sets the verbosity, and whose parameters of a dataclass are an option for each of its fields.

    All these fields have defaults, and types as typer wants them. Where the dataclass is `Annotated` with a title, help
    shows its options under that.
    """
    groups: dict[str, tuple[Callable[..., Any], list[str]]] = {}
    seen: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        kind, *title = get_args(parameter.annotation) or (parameter.annotation,)
        if is_dataclass(kind) and isinstance(kind, type):
            options = [_option(field, *title) for field in fields(kind)]
            groups[parameter.name] = kind, [option.name for option in options]
            seen += options
        else:
            seen.append(parameter)
    seen += map(_option, fields(Verbosity))

    @wraps(command)
    def call(**given: Any) -> None:
        set_verbosity(Verbosity(given.pop("quiet"), given.pop("verbose")))
        for name, (kind, names) in groups.items():
            given[name] = kind(**{option: given.pop(option) for option in names})
        command(**given)

    call.__signature__ = Signature(seen)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in seen}
    return call


def _option(field: Any, title: str | None = None) -> Parameter:
    kind, option = get_args(field.type)
    option = copy(option)
    option.rich_help_panel = title
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=Annotated[kind, option])


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
