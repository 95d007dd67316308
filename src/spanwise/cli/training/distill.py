"""`spanwise distill`: train a small reader to answer as a large one does."""

from typing import Annotated, Any

import typer

from spanwise.cli.options import takes_options
from spanwise.cli.training.options import TrainingFlags
from spanwise.cli.training.running import list_recipes, read_recipe, run_training
from spanwise.errors import UsageError


@takes_options(TrainingFlags)
def distill(
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="[RECIPE]", help="A packaged recipe with a teacher (see --list), or a YAML file."),
    ] = None,
    *,
    student: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="The model that learns, an encoder or a reader: a hub name or a folder."),
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="A reader with the same vocabulary to learn from; several are averaged."),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            metavar="T", help="Divides the logits: above 1, the teacher's doubts count more. The default is 1.5."
        ),
    ] = None,
    distillation_loss_weight: Annotated[
        float | None,
        typer.Option(
            metavar="X", help="The teacher's share of the loss; the rest is of the right answers. The default is 0.75."
        ),
    ] = None,
    intermediate: Annotated[
        bool | None,
        typer.Option(
            "--intermediate/--no-intermediate", help="Whether the layers learn from the teacher's layers first."
        ),
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
        list_recipes(with_teacher=True)
        return
    output, changes = options.required_output(), options.changes(model=student)
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

    run_training(distill_reader, read_recipe(recipe, changes), output, options)
