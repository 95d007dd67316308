"""`spanwise train` and `spanwise distill`: fine-tune a reader, or teach a small one what a large one knows."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, Option

from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.cli.output import echo, print_json, safe_name
from spanwise.cli.progress import step_progress
from spanwise.errors import UsageError

if TYPE_CHECKING:
    from spanwise.train.training import Trained
    from spanwise.train.training_job import TrainingProgress

Files = list[str] | None


@dataclass(frozen=True)
class TrainingFlags:
    """What to train on, where to write, and values that take the place of a recipe's own."""

    output: Annotated[Path | None, Option(metavar="DIR", help="Write the reader there.")] = None
    train: Annotated[
        Files, Option(metavar="FILE", help="A SQuAD 1.1 or 2.0 file to train on; may be gzipped, may be repeated.")
    ] = None
    eval: Annotated[Files, Option(metavar="FILE", help="A SQuAD file to evaluate on; may be repeated.")] = None
    corpus: Annotated[
        str | None,
        Option(
            metavar="PLACE", help="Also train on passages retrieved from there: an index, JSON Lines, SQuAD, or 'own'."
        ),
    ] = None
    data: Annotated[
        Path | None, Option(metavar="DIR", help="The folder of data files that are named without a path.")
    ] = None
    cache: Annotated[
        Path | None,
        Option(metavar="DIR", help="Keep retrieved passages and a teacher's logits there, for other trainings."),
    ] = None
    epochs: Annotated[float | None, Option(metavar="N", help="Passes over the training data.")] = None
    max_steps: Annotated[int | None, Option(metavar="N", help="Stop after this many updates.")] = None
    batch_size: Annotated[
        int | None, Option(metavar="N", help="Windows per update; in `spanwise train` with a corpus, questions.")
    ] = None
    learning_rate: Annotated[float | None, Option(metavar="X", help="The highest learning rate.")] = None
    dtype: Annotated[
        Literal["float32", "bfloat16", "float16"] | None, Option(help="The number format of matrix products.")
    ] = None
    seed: Annotated[int | None, Option(metavar="N", help="The seed of everything random.")] = None
    drop_misplaced: Annotated[
        bool | None, Option("--drop-misplaced", help="Leave out questions whose answer is not at its offset.")
    ] = None
    settings: Annotated[
        list[str] | None, Option("--set", metavar="KEY=VALUE", help="Set any other key of a recipe; may be repeated.")
    ] = None
    device: DeviceOption = "auto"
    listed: Annotated[bool, Option("--list", help="List the packaged recipes and exit.")] = False
    as_json: JsonOption = False

    def changes(self, **more: Any) -> dict[str, Any]:
        """
        Return the values that take the place of a recipe's own, by key: options that were given, and --set's.

        :raises UsageError: If there is no folder to write into, or one of --set is no KEY=VALUE.
        """
        import yaml

        if self.output is None:
            msg = "expected a folder to write the reader into, found none: --output DIR"
            raise UsageError(msg)
        shared = ("train", "eval", "corpus", "epochs", "max_steps", "batch_size", "learning_rate", "dtype", "seed")
        values = {key: getattr(self, key) for key in (*shared, "drop_misplaced")} | more
        values = {key: value for key, value in values.items() if value is not None}
        for setting in self.settings or ():
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


def train(
    recipe: Annotated[
        str | None, Argument(metavar="[RECIPE]", help="A packaged recipe (see --list), or a YAML file.")
    ] = None,
    *,
    model: Annotated[
        str | None, Option(metavar="MODEL", help="An encoder or a reader: a hub name or a folder.")
    ] = None,
    options: TrainingFlags,
) -> None:
    r"""
    Fine-tune a reader on questions whose answers are known.

    Give a recipe, or --model and --train. Options replace the recipe's own
    values. To continue a training that was stopped, run the same command
    again. Needs `pip install 'spanwise\[train]'`.

    On several GPUs: torchrun --nproc-per-node 2 -m spanwise train ...

    Examples:
        spanwise train --list
        spanwise train electra-base-squad2 --output my-reader

    """
    if options.listed:
        _list_recipes()
        return
    changes = options.changes(model=model)
    if recipe is None and not {"model", "train"} <= changes.keys():
        msg = "expected a recipe, or --model and --train, found neither; spanwise train --list names the recipes"
        raise UsageError(msg)
    from spanwise.train.training import train as fine_tune

    _run(fine_tune, recipe, changes, options)


def distill(
    recipe: Annotated[
        str | None, Argument(metavar="[RECIPE]", help="A packaged recipe with a teacher (see --list), or a YAML file.")
    ] = None,
    *,
    student: Annotated[
        str | None,
        Option(metavar="MODEL", help="The model that learns, an encoder or a reader: a hub name or a folder."),
    ] = None,
    teacher: Annotated[
        list[str] | None,
        Option(metavar="MODEL", help="A reader with the same vocabulary to learn from; several are averaged."),
    ] = None,
    temperature: Annotated[
        float | None,
        Option(metavar="T", help="Divides the logits: above 1, the teacher's doubts count more. The default is 1.5."),
    ] = None,
    distillation_loss_weight: Annotated[
        float | None,
        Option(
            metavar="X", help="The teacher's share of the loss; the rest is of the right answers. The default is 0.75."
        ),
    ] = None,
    intermediate: Annotated[
        bool | None,
        Option("--intermediate/--no-intermediate", help="Whether the layers learn from the teacher's layers first."),
    ] = None,
    options: TrainingFlags,
) -> None:
    r"""
    Train a small reader to answer as a large one does.

    Give a recipe, or --student, --teacher and --train. Options replace the
    recipe's own values. The teacher reads every window once. Then the student
    learns the teacher's logits and the right answers. With --intermediate, the
    student's layers first learn from the teacher's layers; the result of this
    stage is the folder DIR/intermediate. To continue a training that was
    stopped, run the same command again. Needs `pip install 'spanwise\[train]'`.

    Examples:
        spanwise distill --list
        spanwise distill --student S --teacher T --train mine.json --output small

    """
    if options.listed:
        _list_recipes(with_teacher=True)
        return
    changes = options.changes(model=student)
    given = {"teacher": teacher, "temperature": temperature, "distillation_loss_weight": distillation_loss_weight}
    teaching: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if intermediate is not None:
        teaching["intermediate"] = {} if intermediate else None
    if recipe is None and not ({"model", "train"} <= changes.keys() and "teacher" in teaching):
        msg = (
            "expected a recipe, or --student, --teacher and --train, found neither; "
            "spanwise distill --list names the recipes"
        )
        raise UsageError(msg)
    own = changes.get("distill", {})  # by --set
    changes["distill"] = own | teaching if isinstance(own, dict) else own
    from spanwise.train.distillation.distill import distill as distill_reader

    _run(distill_reader, recipe, changes, options)


def _list_recipes(*, with_teacher: bool = False) -> None:
    """Print the packaged recipes with what they make; on demand only those that have a teacher."""
    from spanwise.train.recipe_file import packaged_recipes, read_values

    for name in packaged_recipes():
        values = read_values(name)
        if "distill" in values or not with_teacher:
            echo(f"{name:<30} {values.get('description', '')}")


def _run(
    function: "Callable[..., Trained]", source: str | None, changes: Mapping[str, Any], options: TrainingFlags
) -> None:
    """Train by a recipe with some values changed, or by these values alone; show how far it is and what came of it."""
    from spanwise.train.recipe_file import load_recipe, make_recipe

    with warnings.catch_warnings():  # of a key of an older recipe
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_, **__: _notify(str(message))
        recipe = make_recipe(changes, "the options") if source is None else load_recipe(source, **changes)
    with step_progress(stages=True) as report:
        trained = function(
            recipe,
            output=options.output,
            data=options.data,
            cache=options.cache,
            device=options.device,
            progress=lambda state: report(describe(state), state.step, state.steps),
            notify=_notify,
        )
    from accelerate import PartialState

    if not PartialState().is_main_process:  # of several processes the first prints
        return
    if options.as_json:
        print_json({"folder": str(trained.folder), "metrics": trained.metrics, "already": trained.already})
        return
    from spanwise.cli.evaluation.tables import print_squad

    for name, metrics in trained.metrics.items():
        print_squad(name, metrics)
    echo(f"Wrote {safe_name(str(trained.folder))}.")


def _notify(text: str) -> None:
    """Print a notice on stderr."""
    echo(safe_name(text), err=True)


def describe(state: "TrainingProgress") -> str:
    """Return one line about a training."""
    parts = [state.what]
    if state.steps:
        parts.append(f"{state.step:,}/{state.steps:,}")
    if state.loss is not None:
        parts.append(f"loss {state.loss:.3f}")
    if state.f1 is not None and state.best_f1 is not None:
        parts.append(f"F1 {state.f1:.1f} (best {state.best_f1:.1f})")
    if state.tokens_per_second is not None:
        parts.append(f"{state.tokens_per_second:,.0f} tokens/s")
    if state.seconds_left is not None:
        parts.append(f"{_duration(state.seconds_left)} left")
    return "  ".join(parts)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
