"""`spanwise train`: fine-tune a reader."""

from typing import Annotated

import typer

from spanwise.cli.options import takes_options
from spanwise.cli.training.options import TrainingFlags
from spanwise.cli.training.running import list_recipes, read_recipe, run_training
from spanwise.errors import UsageError


@takes_options(TrainingFlags)
def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="[RECIPE]", help="A packaged recipe (see --list), or a YAML file.")
    ] = None,
    *,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="An encoder or a reader: a hub name or a folder.")
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
        list_recipes()
        return
    output, changes = options.required_output(), options.changes(model=model)
    if recipe is None and not {"model", "train"} <= changes.keys():
        msg = "expected a recipe, or --model and --train, found neither; spanwise train --list names the recipes"
        raise UsageError(msg)
    from spanwise.train.training import train as fine_tune

    run_training(fine_tune, read_recipe(recipe, changes), output, options)
