"""Options that `spanwise train` and `spanwise distill` share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.errors import UsageError

Files = list[str] | None


@dataclass(frozen=True)
class TrainingFlags:
    """What to train on, where to write, and values that take the place of a recipe's own."""

    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the reader there.")] = None
    train: Annotated[
        Files,
        typer.Option(metavar="FILE", help="A SQuAD 1.1 or 2.0 file to train on; may be gzipped, may be repeated."),
    ] = None
    eval: Annotated[Files, typer.Option(metavar="FILE", help="A SQuAD file to evaluate on; may be repeated.")] = None
    corpus: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE", help="Also train on passages retrieved from there: an index, JSON Lines, SQuAD, or 'own'."
        ),
    ] = None
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of data files that are named without a path.")
    ] = None
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep retrieved passages and a teacher's logits there, for other trainings."),
    ] = None
    epochs: Annotated[float | None, typer.Option(metavar="N", help="Passes over the training data.")] = None
    max_steps: Annotated[int | None, typer.Option(metavar="N", help="Stop after this many updates.")] = None
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", help="Windows per update; in `spanwise train` with a corpus, questions.")
    ] = None
    learning_rate: Annotated[float | None, typer.Option(metavar="X", help="The highest learning rate.")] = None
    dtype: Annotated[
        Literal["float32", "bfloat16", "float16"] | None, typer.Option(help="The number format of matrix products.")
    ] = None
    seed: Annotated[int | None, typer.Option(metavar="N", help="The seed of everything random.")] = None
    drop_misplaced: Annotated[
        bool | None, typer.Option("--drop-misplaced", help="Leave out questions whose answer is not at its offset.")
    ] = None
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set any other key of a recipe; may be repeated."),
    ] = None
    device: DeviceOption = "auto"
    listed: Annotated[bool, typer.Option("--list", help="List the packaged recipes and exit.")] = False
    as_json: JsonOption = False

    def required_output(self) -> Path:
        """
        Return the folder to write into.

        :raises UsageError: If there is none.
        """
        if self.output is None:
            msg = "expected a folder to write the reader into, found none: --output DIR"
            raise UsageError(msg)
        return self.output

    def changes(self, **more: Any) -> dict[str, Any]:
        """
        Return the values that take the place of a recipe's own, by key: options that were given, and --set's.

        :raises UsageError: If one of --set is no KEY=VALUE.
        """
        shared = ("train", "eval", "corpus", "epochs", "max_steps", "batch_size", "learning_rate", "dtype", "seed")
        values = {key: getattr(self, key) for key in (*shared, "drop_misplaced")} | more
        return {key: value for key, value in values.items() if value is not None} | self._read_settings()

    def _read_settings(self) -> dict[str, Any]:
        import yaml

        values = {}
        for setting in () if self.settings is None else self.settings:
            key, sign, value = setting.partition("=")
            if not sign:
                msg = f"expected --set KEY=VALUE, such as --set stride=64, found {setting!r}"
                raise UsageError(msg)
            try:
                values[key] = yaml.safe_load(value)
            except yaml.YAMLError as error:
                msg = f"expected a value as in a recipe for --set {key}, found {value!r}"
                raise UsageError(msg) from error
        return values
