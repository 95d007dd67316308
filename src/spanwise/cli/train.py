"""`spanwise train`: fine-tune a reader."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.cli.output import print_json, safe_name
from spanwise.errors import UsageError


def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="[RECIPE]", help="A packaged recipe (see --list), or a YAML file.")
    ] = None,
    *,
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the reader there.")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="An encoder or a reader: a hub name or a folder.")
    ] = None,
    train_files: Annotated[
        list[str] | None,
        typer.Option("--train", metavar="FILE", help="SQuAD 1.1 or 2.0 to train on, may be gzipped; repeat for more."),
    ] = None,
    eval_files: Annotated[
        list[str] | None, typer.Option("--eval", metavar="FILE", help="SQuAD to measure on; repeat for more.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of files that are named without one.")
    ] = None,
    epochs: Annotated[float | None, typer.Option(metavar="N", help="How often everything is seen.")] = None,
    max_steps: Annotated[int | None, typer.Option(metavar="N", help="Most updates.")] = None,
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="Windows of one update.")] = None,
    learning_rate: Annotated[float | None, typer.Option(metavar="X", help="At its highest.")] = None,
    dtype: Annotated[
        Literal["float32", "bfloat16", "float16"] | None, typer.Option(help="What products are computed in.")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of all that is drawn at random.")] = None,
    drop_misplaced: Annotated[
        bool | None,
        typer.Option("--drop-misplaced", help="Leave out questions whose answer does not stand at its offset."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other key of a recipe; repeat for more.")
    ] = None,
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
        _list_recipes()
        return
    options: dict[str, Any] = {
        "model": model,
        "train": train_files,
        "eval": eval_files,
        "epochs": epochs,
        "max_steps": max_steps,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "dtype": dtype,
        "seed": seed,
        "drop_misplaced": drop_misplaced,
    }
    changes = {name: value for name, value in options.items() if value is not None}
    changes |= _read_settings(() if settings is None else settings)
    if output is None:
        msg = "expected a folder to write the reader into, found none: --output DIR"
        raise UsageError(msg)
    _train(recipe, changes, output, data, device, as_json=as_json)


def _read_settings(settings: Sequence[str]) -> dict[str, Any]:
    import yaml

    values = {}
    for setting in settings:
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


def _train(
    source: str | None, changes: Mapping[str, Any], output: Path, data: Path | None, device: str, *, as_json: bool
) -> None:
    from spanwise.train.recipe_file import load_recipe, make_recipe

    if source is None and not {"model", "train"} <= set(changes):
        msg = "expected a recipe, or --model and --train, found neither; spanwise train --list names the recipes"
        raise UsageError(msg)
    recipe = make_recipe(changes, "the options") if source is None else load_recipe(source, **changes)
    from spanwise.cli.evaluate_tables import print_squad
    from spanwise.cli.training import training_progress
    from spanwise.train.arguments import is_first_process
    from spanwise.train.run import train as run

    with training_progress() as report:
        trained = run(recipe, output=output, data=data, device=device, progress=report, say=_say)
    if not is_first_process():
        return
    if as_json:
        print_json({"folder": str(trained.folder), "metrics": trained.metrics, "already": trained.already})
        return
    for name, metrics in trained.metrics.items():
        print_squad(name, metrics)
    typer.echo(f"Wrote {safe_name(str(trained.folder))}.")


def _say(text: str) -> None:
    typer.echo(safe_name(text), err=True)


def _list_recipes() -> None:
    from spanwise.train.recipe_file import packaged_recipes, read_values

    for name in packaged_recipes():
        typer.echo(f"{name:<30} {read_values(name).get('description', '')}")
