"""`spanwise train`: fine-tune a reader."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.cli.recipe_changes import list_recipes, recipe_changes, require_output
from spanwise.cli.training import notify, print_trained, training_progress
from spanwise.cli.training_options import (
    BatchOption,
    CacheOption,
    CorpusOption,
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


def train(  # noqa: PLR0913 - each is an option
    recipe: Annotated[
        str | None, typer.Argument(metavar="[RECIPE]", help="A packaged recipe (see --list), or a YAML file.")
    ] = None,
    *,
    output: OutputOption = None,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="An encoder or a reader: a hub name or a folder.")
    ] = None,
    train_files: TrainOption = None,
    eval_files: EvalOption = None,
    corpus: CorpusOption = None,
    data: DataOption = None,
    cache: CacheOption = None,
    epochs: EpochsOption = None,
    max_steps: StepsOption = None,
    batch_size: BatchOption = None,
    learning_rate: RateOption = None,
    dtype: DtypeOption = None,
    seed: SeedOption = None,
    drop_misplaced: MisplacedOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "auto",
    listed: Annotated[bool, typer.Option("--list", help="List the packaged recipes and exit.")] = False,
    as_json: JsonOption = False,
) -> None:
    r"""
    Fine-tune a reader on questions whose answers are known.

    As a recipe says, or with --model and --train; options take the place of
    the recipe's own values. What was stopped goes on when the same command is
    given again. Needs `pip install 'spanwise\[train]'`.

    On several GPUs: torchrun --nproc-per-node 2 -m spanwise train ...
    """
    if listed:
        list_recipes()
        return
    changes = recipe_changes(
        settings,
        model=model,
        train=train_files,
        eval=eval_files,
        corpus=corpus,
        epochs=epochs,
        max_steps=max_steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        dtype=dtype,
        seed=seed,
        drop_misplaced=drop_misplaced,
    )
    _train(recipe, changes, require_output(output), data, cache, device, as_json=as_json)


def _train(
    source: str | None,
    changes: Mapping[str, Any],
    output: Path,
    data: Path | None,
    cache: Path | None,
    device: str,
    *,
    as_json: bool,
) -> None:
    from spanwise.train.recipe_file import load_recipe, make_recipe

    if source is None and not {"model", "train"} <= set(changes):
        msg = "expected a recipe, or --model and --train, found neither; spanwise train --list names the recipes"
        raise UsageError(msg)
    recipe = make_recipe(changes, "the options") if source is None else load_recipe(source, **changes)
    from spanwise.train.training import train as run

    with training_progress() as report:
        trained = run(recipe, output=output, data=data, cache=cache, device=device, progress=report, notify=notify)
    print_trained(trained, as_json=as_json)
