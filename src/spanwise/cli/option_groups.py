"""Options that stand together: a command takes them as one object."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any

Command = Callable[..., None]


def takes_options(group: type) -> Callable[[Command], Command]:
    """
    Return a decorator that gives a command the fields of a dataclass as options.

    The command is called with an instance of the dataclass as `options`; typer sees an option for each of its fields.

    :param group: A dataclass whose fields all have defaults, and types as typer wants them.
    """
    options = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in fields(group)
    ]

    def decorate(command: Command) -> Command:
        own = [parameter for name, parameter in signature(command).parameters.items() if name != "options"]

        @wraps(command)
        def call(**given: Any) -> None:
            gathered = group(**{option.name: given.pop(option.name) for option in options})
            command(**given, options=gathered)

        call.__signature__ = Signature([*own, *options])  # type: ignore[attr-defined]
        call.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *options)}
        return call

    return decorate
