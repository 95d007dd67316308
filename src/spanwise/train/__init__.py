"""Train readers: on questions with known answers, or to answer as larger readers do; from recipes or settings."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.train.distillation.distill import distill as distill
    from spanwise.train.recipe import DataEntry as DataEntry
    from spanwise.train.recipe import Distillation as Distillation
    from spanwise.train.recipe import Recipe as Recipe
    from spanwise.train.recipe_file import load_recipe as load_recipe
    from spanwise.train.recipe_file import packaged_recipes as packaged_recipes
    from spanwise.train.training import Trained as Trained
    from spanwise.train.training import train as train
    from spanwise.train.training_job import TrainingOptions as TrainingOptions
    from spanwise.train.training_job import TrainingProgress as TrainingProgress

__all__, __getattr__ = lazy_exports(__name__)
