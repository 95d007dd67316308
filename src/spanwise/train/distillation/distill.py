"""Distill a reader as a recipe says: its layers first, where the recipe has that stage, and then its logits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from spanwise.errors import UsageError
from spanwise.train.loop.arguments import training_arguments
from spanwise.train.model import model_fingerprint
from spanwise.train.passages.corpora import PASSAGES
from spanwise.train.recipe import Distillation, Intermediate, Recipe, current_keys
from spanwise.train.recipe_file import load_recipe, make_recipe
from spanwise.train.training import Objective, Trained, run_training
from spanwise.train.training_job import TrainingJob, TrainingOptions, TrainingProgress, load_training_job

if TYPE_CHECKING:
    from spanwise.train.loop.qa_trainer import LoadedTraining, QATrainer

INTERMEDIATE = "intermediate"


def distill(
    recipe: Recipe | str | Path,
    *,
    output: Path | str,
    teacher: str | Path | Sequence[str | Path] | None = None,
    **options: Unpack[TrainingOptions],
) -> Trained:
    """
    Train a small reader to answer as a large one does.

    A teacher reads every window once, with a corpus those of the passages that are found too; its logits are kept on
    disk until the training is finished. What was interrupted goes on when it is started again with the same settings,
    in whichever stage it was.

    ```python
    from spanwise.train import distill, load_recipe

    recipe = load_recipe("roberta-base-squad2-distilled", train=["squad.json"], eval=["dev.json"])
    print(distill(recipe, output="my-reader").metrics["dev"]["f1"])
    ```

    :param recipe: What to train on what, and how; the name of a packaged recipe, or a recipe's file.
    :param output: The folder to write into, which is made. The result of the intermediate stage, if there is one, is
        its folder `intermediate`.
    :param teacher: A reader, or several whose probabilities are averaged; None for the recipe's own.
    :param options: See `TrainingOptions`.
    :raises UsageError: If the recipe or its data is not valid, or the folder holds something else.
    :raises ModelError: If a model cannot be loaded, teacher and student do not fit, or the loss is no finite number.
    :raises CheckpointError: If the disk refuses a checkpoint.
    :raises CacheError: If the disk refuses the teachers' logits.
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    distillation = _distillation(recipe, teacher)
    job = load_training_job(recipe.model_copy(update={"distill": distillation}), output, **options)
    stage, first = distillation.intermediate, None
    teachers = list(distillation.teacher)
    if stage is not None:
        teachers.append(teachers[0] if stage.teacher is None else stage.teacher)
        first = _stage_job(job, stage, options), _stage_objective(stage, teachers[-1])
    trainer = partial(_logits_trainer, distillation=distillation, first=first)
    return run_training(job, Objective(trainer, _fingerprints(teachers)))


@contextmanager
def _logits_trainer(
    loaded: "LoadedTraining", distillation: Distillation, first: tuple[TrainingJob, Objective] | None
) -> "Iterator[QATrainer]":
    """Yield a trainer that matches logits; teachers read first, so that one that does not fit is found out at once."""
    from safetensors.torch import load_model

    from spanwise.train.distillation.prediction import PredictionTrainer
    from spanwise.train.distillation.teacher import UniqueWindows, teacher_logits

    job, training_set = loaded.job, loaded.training_set
    # Refuses what does not fit the device before the teachers read, not after.
    training_arguments(job.recipe, job.output, job.device, items=len(training_set), evaluated=False)
    windows, matched = UniqueWindows.of(training_set.features), None
    logits = [teacher_logits(name, windows, loaded) for name in distillation.teacher]
    if first is not None:  # which is run, unless it is finished
        trained = run_training(*first)
        matched = trained.record["distillation"]
        load_model(loaded.trainable.model, trained.folder / "model.safetensors")
    yield PredictionTrainer(loaded, logits=logits, rows=windows.rows, distillation=distillation, matched=matched)


def _fingerprints(teachers: Sequence[str]) -> dict[str, Any]:
    return {"teacher_fingerprints": [model_fingerprint(name) for name in teachers]}


def _distillation(recipe: Recipe, teacher: str | Path | Sequence[str | Path] | None) -> Distillation:
    """Return the recipe's distillation, with other teachers if they are given."""
    if teacher is not None:
        names = [teacher] if isinstance(teacher, str | Path) else teacher
        own = {} if recipe.distill is None else dict(recipe.distill)
        return Distillation.checked({**own, "teacher": [*map(str, names)]}, "the distillation")
    if recipe.distill is None:
        msg = f"expected a teacher for {recipe.model!r}, found none; name a reader with --teacher"
        raise UsageError(msg)
    return recipe.distill


def _stage_job(job: TrainingJob, stage: Intermediate, options: TrainingOptions) -> TrainingJob:
    """Return the job of the stage that matches layers; it is not evaluated: no head is trained in it."""
    fixed = {"eval": (), "evaluate_every": None, "patience": None, "save_dtype": "float32", "distill": None}
    changed = {**dict(job.recipe), **current_keys(stage.changes), **fixed}
    recipe = make_recipe(changed, "the intermediate stage")

    def report(state: TrainingProgress) -> None:
        job.report(replace(state, what=f"layers: {state.what}"))

    passages = job.output / PASSAGES if job.cache is None else job.cache  # which both stages read
    shared: TrainingOptions = {**options, "progress": report, "cache": passages}
    return load_training_job(recipe, job.output / INTERMEDIATE, **shared)


def _stage_objective(stage: Intermediate, teacher: str) -> Objective:
    from spanwise.train.distillation.intermediate import layers_trainer

    matched = {**stage.model_dump(mode="json", exclude={"changes"}), "teacher": teacher}
    trainer = partial(layers_trainer, stage=stage, name=teacher)
    return Objective(trainer, {"intermediate": matched, **_fingerprints([teacher])})
