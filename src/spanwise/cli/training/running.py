"""What `spanwise train` and `spanwise distill` do and show alike."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.cli.output import echo, print_json, safe_name
from spanwise.cli.progress import step_progress
from spanwise.cli.training.options import TrainingFlags

if TYPE_CHECKING:
    from spanwise.train.recipe import Recipe
    from spanwise.train.training import Trained
    from spanwise.train.training_job import TrainingProgress


def list_recipes(*, with_teacher: bool = False) -> None:
    """Print the packaged recipes with what they make; on demand only those that have a teacher."""
    from spanwise.train.recipe_file import packaged_recipes, read_values

    for name in packaged_recipes():
        values = read_values(name)
        if "distill" in values or not with_teacher:
            echo(f"{name:<30} {values.get('description', '')}")


def read_recipe(source: str | None, changes: Mapping[str, Any]) -> "Recipe":
    """
    Return a recipe with some values changed, or one of these values alone; a key of an older recipe is a notice.

    :raises UsageError: If there is no such recipe, or a value is not valid.
    """
    from spanwise.train.recipe_file import load_recipe, make_recipe

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_, **__: notify(str(message))
        return make_recipe(changes, "the options") if source is None else load_recipe(source, **changes)


def run_training(function: "Callable[..., Trained]", recipe: "Recipe", output: Path, options: TrainingFlags) -> None:
    """Train, or distill, showing how far it is, and print what came of it."""
    with step_progress(stages=True) as report:
        trained = function(
            recipe,
            output=output,
            data=options.data,
            cache=options.cache,
            device=options.device,
            progress=lambda state: report(describe(state), state.step, state.steps),
            notify=notify,
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


def notify(text: str) -> None:
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
