"""Train readers: on questions with known answers, or to answer as larger readers do; from recipes or settings."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.train.distillation.run import distill
    from spanwise.train.distillation.settings import Distillation
    from spanwise.train.progress import TrainingProgress
    from spanwise.train.recipe import DataEntry, Recipe
    from spanwise.train.recipe_file import load_recipe, packaged_recipes
    from spanwise.train.run import Trained, train

__all__ = [
    "DataEntry",
    "Distillation",
    "Recipe",
    "Trained",
    "TrainingProgress",
    "distill",
    "load_recipe",
    "packaged_recipes",
    "train",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "DataEntry": "spanwise.train.recipe",
        "Distillation": "spanwise.train.distillation.settings",
        "Recipe": "spanwise.train.recipe",
        "Trained": "spanwise.train.run",
        "TrainingProgress": "spanwise.train.progress",
        "distill": "spanwise.train.distillation.run",
        "load_recipe": "spanwise.train.recipe_file",
        "packaged_recipes": "spanwise.train.recipe_file",
        "train": "spanwise.train.run",
    },
)
