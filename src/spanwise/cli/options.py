"""Options that several commands share: each alone, and those that stand together as one object."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from spanwise.pipeline.corpus import Corpus

Command = Callable[..., None]
DEFAULT_INDEX = Path(".spanwise")

IndexOption = Annotated[Path, typer.Option("--index", metavar="DIR", help="The index's directory.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
DeviceOption = Annotated[
    str, typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where to compute; auto takes the best there is.")
]
TopKOption = Annotated[int, typer.Option("--top-k", min=1, help="How many answers to give at most.")]
ThresholdOption = Annotated[
    float | None, typer.Option(min=0, max=1, metavar="P", help="Abstain where the confidence is below this.")
]
CalibrationOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A file that `spanwise calibrate --out FILE` wrote.")
]
RightOption = Annotated[
    Literal["holds", "exact"],
    typer.Option(
        help="When an answer is right: if it contains a right answer or is part of one, or only if they are equal."
    ),
]


@dataclass(frozen=True)
class CorpusOptions:
    """Which index is asked, and with which models."""

    index_dir: IndexOption = DEFAULT_INDEX
    passages: Annotated[int, typer.Option(min=1, help="How many passages to read for a question.")] = 20
    reader: Annotated[
        str, typer.Option(metavar="MODEL", help="A question-answering model: a hub name or a folder.")
    ] = "default"
    reranker: Annotated[
        str | None, typer.Option(metavar="MODEL", help="A cross-encoder that sorts the passages before they are read.")
    ] = None
    embedder: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="The index's embedder, where it was never given on this machine."),
    ] = None
    device: DeviceOption = "auto"

    def open(self, calibration: Path | None = None) -> "Corpus":
        """Open the corpus; nothing is loaded yet."""
        from spanwise.pipeline.corpus import Corpus

        return Corpus(
            self.index_dir,
            embedder=self.embedder,
            reader=self.reader,
            reranker=self.reranker,
            calibration=calibration,
            device=self.device,
        )


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
