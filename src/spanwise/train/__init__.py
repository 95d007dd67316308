"""Train readers: fine-tune an encoder on questions with known answers, from a recipe or from settings of one's own."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.train.progress import TrainingProgress
    from spanwise.train.recipe import DataEntry, Recipe
    from spanwise.train.recipe_file import load_recipe, packaged_recipes
    from spanwise.train.run import Trained, train

__all__ = ["DataEntry", "Recipe", "Trained", "TrainingProgress", "load_recipe", "packaged_recipes", "train"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "DataEntry": "spanwise.train.recipe",
        "Recipe": "spanwise.train.recipe",
        "Trained": "spanwise.train.run",
        "TrainingProgress": "spanwise.train.progress",
        "load_recipe": "spanwise.train.recipe_file",
        "packaged_recipes": "spanwise.train.recipe_file",
        "train": "spanwise.train.run",
    },
)
