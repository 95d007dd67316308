"""`spanwise train`: fine-tune a reader."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from spanwise.cli.options import DeviceOption, JsonOption
from spanwise.cli.output import print_json, safe_name
from spanwise.errors import UsageError

Files = list[str] | None


def train(
    recipe: Annotated[
        str | None, typer.Argument(metavar="[RECIPE]", help="A packaged recipe (see --list), or a YAML file.")
    ] = None,
    *,
    output: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the reader there.")] = None,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="An encoder or reader: hub name or folder.")
    ] = None,
    train_files: Annotated[
        Files, typer.Option("--train", metavar="FILE", help="SQuAD 1.1 or 2.0 to train on; repeat for more.")
    ] = None,
    eval_files: Annotated[
        Files, typer.Option("--eval", metavar="FILE", help="SQuAD to measure on; repeat for more.")
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="The folder of the recipe's files.")] = None,
    epochs: Annotated[float | None, typer.Option(metavar="N", help="How often all windows are seen.")] = None,
    max_steps: Annotated[int | None, typer.Option(metavar="N", help="Most updates.")] = None,
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="Windows of one update.")] = None,
    gradient_accumulation: Annotated[
        int | None, typer.Option(metavar="N", help="Compute an update in N batches, one after the other.")
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(metavar="X", help="At its highest.")] = None,
    warmup: Annotated[float | None, typer.Option(metavar="SHARE", help="Of the updates, to reach it.")] = None,
    max_seq_length: Annotated[int | None, typer.Option(metavar="N", help="Most tokens of a window.")] = None,
    stride: Annotated[int | None, typer.Option(metavar="N", help="Tokens that neighboring windows share.")] = None,
    max_query_length: Annotated[int | None, typer.Option(metavar="N", help="Cut questions to N tokens.")] = None,
    dropout: Annotated[float | None, typer.Option(metavar="P", help="Else the model's own.")] = None,
    dtype: Annotated[
        Literal["float32", "bfloat16", "float16"] | None, typer.Option(help="What products are computed in.")
    ] = None,
    gradient_checkpointing: Annotated[
        bool | None, typer.Option("--gradient-checkpointing", help="Less memory, a third more time.")
    ] = None,
    evaluate_every: Annotated[
        float | None, typer.Option(metavar="EPOCHS", help="Between two evaluations; 0.25 is four in an epoch.")
    ] = None,
    patience: Annotated[
        int | None, typer.Option(metavar="N", help="Stop after N evaluations without a better one.")
    ] = None,
    checkpoint_every: Annotated[int | None, typer.Option(metavar="N", help="Updates between checkpoints.")] = None,
    save_dtype: Annotated[
        Literal["float32", "float16", "bfloat16"] | None, typer.Option(help="Of the weights that are written.")
    ] = None,
    drop_misplaced: Annotated[
        bool | None, typer.Option("--drop-misplaced", help="Leave out answers that are not at their offset.")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of all that is drawn at random.")] = None,
    device: DeviceOption = "auto",
    listed: Annotated[bool, typer.Option("--list", help="List the packaged recipes and exit.")] = False,
    as_json: JsonOption = False,
) -> None:
    r"""
    Fine-tune a reader on questions whose answers are known.

    As a recipe says, or with --model and --train; options take the place of
    a recipe's own values. A run that was stopped goes on when the same
    command is given again. Needs `pip install 'spanwise\[train]'`.

    Several GPUs: torchrun --nproc-per-node 2 -m spanwise train RECIPE ...
    """
    if listed:
        _list_recipes()
        return
    changes = {
        "model": model,
        "train": train_files,
        "eval": eval_files,
        "epochs": epochs,
        "max_steps": max_steps,
        "batch_size": batch_size,
        "gradient_accumulation": gradient_accumulation,
        "learning_rate": learning_rate,
        "warmup": warmup,
        "max_seq_length": max_seq_length,
        "stride": stride,
        "max_query_length": max_query_length,
        "dropout": dropout,
        "dtype": dtype,
        "gradient_checkpointing": gradient_checkpointing,
        "evaluate_every": evaluate_every,
        "patience": patience,
        "checkpoint_every": checkpoint_every,
        "save_dtype": save_dtype,
        "drop_misplaced": drop_misplaced,
        "seed": seed,
    }
    _train(recipe, {name: value for name, value in changes.items() if value is not None}, output, data, device, as_json)


def _train(
    source: str | None, changes: dict[str, Any], output: Path | None, data: Path | None, device: str, as_json: bool
) -> None:
    from spanwise.train.recipe_file import load_recipe, make_recipe

    if source is None and not {"model", "train"} <= set(changes):
        msg = "expected a recipe, or --model and --train, found neither; spanwise train --list names the recipes"
        raise UsageError(msg)
    recipe = make_recipe(changes, "the options") if source is None else load_recipe(source, **changes)
    if output is None:
        msg = "expected a folder for the reader, found none: --output DIR"
        raise UsageError(msg)
    from spanwise.cli.evaluate_tables import print_squad
    from spanwise.cli.training import training_progress
    from spanwise.train.run import train as run

    with training_progress() as report:
        trained = run(
            recipe,
            output=output,
            data=data,
            device=device,
            progress=report,
            say=lambda text: typer.echo(safe_name(text), err=True),
        )
    if as_json:
        print_json({"folder": str(trained.folder), "metrics": trained.metrics, "already": trained.already})
        return
    for name, metrics in trained.metrics.items():
        print_squad(name, metrics)
    typer.echo(f"Wrote {safe_name(str(trained.folder))}.")


def _list_recipes() -> None:
    from spanwise.train.recipe_file import packaged_recipes, read_values

    for name in packaged_recipes():
        typer.echo(f"{name:<28} {read_values(name).get('description', '')}")
