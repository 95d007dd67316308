"""`spanwise distill`: train a small reader to answer as a large one does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.cli.recipe_changes import list_recipes, recipe_changes, require_output
from spanwise.cli.training import notify, print_trained, training_progress
from spanwise.cli.training_options import (
    BatchOption,
    DataOption,
    DtypeOption,
    EpochsOption,
    EvalOption,
    MisplacedOption,
    OutputOption,
    RateOption,
    SeedOption,
    SettingsOption,
    StepsOption,
    TrainOption,
)
from spanwise.errors import UsageError


def distill(  # noqa: PLR0913 - every option is a parameter
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="[RECIPE]", help="A packaged recipe with a teacher (see --list), or a YAML file."),
    ] = None,
    *,
    output: OutputOption = None,
    student: Annotated[
        str | None, typer.Option(metavar="MODEL", help="What learns: an encoder or a reader, a hub name or a folder.")
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="The reader it learns from, of the same vocabulary; repeat for an average."),
    ] = None,
    train_files: TrainOption = None,
    eval_files: EvalOption = None,
    data: DataOption = None,
    temperature: Annotated[
        float | None,
        typer.Option(metavar="T", help="Divides logits; above 1 the teacher's doubts weigh more. By default 1.5."),
    ] = None,
    distillation_loss_weight: Annotated[
        float | None,
        typer.Option(metavar="X", help="The teacher's share of the loss, beside the right answers. By default 0.75."),
    ] = None,
    intermediate: Annotated[
        bool | None,
        typer.Option(
            "--intermediate/--no-intermediate", help="Whether the layers learn from the teacher's layers first."
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the teacher's logits there for other students of the same data."),
    ] = None,
    epochs: EpochsOption = None,
    max_steps: StepsOption = None,
    batch_size: BatchOption = None,
    learning_rate: RateOption = None,
    dtype: DtypeOption = None,
    seed: SeedOption = None,
    drop_misplaced: MisplacedOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "auto",
    listed: Annotated[bool, typer.Option("--list", help="List the packaged recipes with a teacher and exit.")] = False,
    as_json: JsonOption = False,
) -> None:
    r"""
    Train a small reader to answer as a large one does.

    As a recipe says, or with --student, --teacher and --train; options take
    the place of the recipe's own values. The teacher reads every window once,
    and the student then learns its logits beside the right answers. With
    --intermediate the student's layers learn from the teacher's before that;
    the result of this stage is the folder DIR/intermediate. What was stopped
    goes on when the same command is given again, in whichever stage it was.
    Needs `pip install 'spanwise\[train]'`.
    """
    if listed:
        list_recipes(taught=True)
        return
    changes = recipe_changes(
        settings,
        model=student,
        train=train_files,
        eval=eval_files,
        epochs=epochs,
        max_steps=max_steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        dtype=dtype,
        seed=seed,
        drop_misplaced=drop_misplaced,
    )
    taught = {"teacher": teacher, "temperature": temperature, "distillation_loss_weight": distillation_loss_weight}
    values = _values(recipe, changes, taught, intermediate)
    _distill(values, recipe, require_output(output), data, cache, device, as_json=as_json)


def _distill(
    values: Mapping[str, Any],
    source: str | None,
    output: Path,
    data: Path | None,
    cache: Path | None,
    device: str,
    *,
    as_json: bool,
) -> None:
    from spanwise.train.distillation.distill import distill as run
    from spanwise.train.recipe_file import make_recipe

    recipe = make_recipe(values, "the options" if source is None else source)
    with training_progress() as report:
        trained = run(recipe, output=output, data=data, cache=cache, device=device, progress=report, notify=notify)
    print_trained(trained, as_json=as_json)


def _values(
    source: str | None, changes: Mapping[str, Any], options: Mapping[str, Any], intermediate: bool | None
) -> dict[str, Any]:
    """Return a recipe's values with what the options say in their place; `options` are those of the distillation."""
    from spanwise.train.recipe_file import read_values

    taught = {key: value for key, value in options.items() if value is not None}
    if source is None and not ({"model", "train"} <= set(changes) and "teacher" in taught):
        msg = (
            "expected a recipe, or --student, --teacher and --train, found neither; "
            "spanwise distill --list names the recipes"
        )
        raise UsageError(msg)
    values = {**({} if source is None else read_values(source)), **changes}
    own = values.get("distill")
    if own is not None and not isinstance(own, dict):
        return values
    if own is None and "teacher" not in taught:
        msg = f"expected a teacher in {source}, found none; name a reader with --teacher"
        raise UsageError(msg)
    distillation = {**({} if own is None else own), **taught}
    if intermediate is not None:
        stage = distillation.get("intermediate")
        distillation["intermediate"] = ({} if stage is None else stage) if intermediate else None
    return {**values, "distill": distillation}
