"""Distill a reader as a recipe says: its layers first, where the recipe has that stage, and then its logits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from spanwise.errors import UsageError
from spanwise.train.distillation.cache import UniqueWindows
from spanwise.train.distillation.settings import Distillation
from spanwise.train.loop.arguments import training_arguments
from spanwise.train.model import model_fingerprint
from spanwise.train.objective import LoadedTraining, Objective
from spanwise.train.progress import TrainingProgress
from spanwise.train.recipe import Recipe, current_keys
from spanwise.train.recipe_file import load_recipe, make_recipe
from spanwise.train.results.run_folder import PASSAGES, TEACHER_LOGITS
from spanwise.train.training import Trained, run_training
from spanwise.train.training_job import TrainingJob, TrainingOptions, load_training_job

if TYPE_CHECKING:
    from spanwise.train.distillation.intermediate import LayerDistillation
    from spanwise.train.distillation.prediction import TeacherLogits
    from spanwise.train.loop.qa_trainer import QATrainer

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
    recipe = recipe.model_copy(update={"distill": distillation})
    job = load_training_job(recipe, output, **options)
    return run_training(job, LogitDistillation(distillation, _first_stage(job, distillation, options)))


class LogitDistillation(Objective):
    """
    An objective of training: match the teachers' logits, after a stage that matches layers if there is one.

    :param first: The stage before, and its objective; or None.
    """

    reads_together = False  # a teacher's logits stand beside each window

    def __init__(self, distillation: Distillation, first: "tuple[TrainingJob, LayerDistillation] | None") -> None:
        self._distillation = distillation
        self._first = first
        self._matched: dict[str, Any] | None = None

    def settings(self) -> dict[str, Any]:
        """See `Objective.settings`; the rest is in the recipe's settings."""
        teachers = [*self._distillation.teacher, *(() if self._first is None else (self._first[1].teacher,))]
        return {"teacher_fingerprints": [model_fingerprint(name) for name in teachers]}

    @contextmanager
    def trainer(self, loaded: LoadedTraining) -> Iterator["QATrainer"]:
        """See `Objective.trainer`; teachers read first, so that one that does not fit is found out at once."""
        from safetensors.torch import load_model

        from spanwise.train.distillation.prediction import PredictionTrainer

        job, training_set = loaded.job, loaded.training_set
        # Refuses what does not fit the device before the teachers read, not after.
        training_arguments(job.recipe, job.output, job.device, items=len(training_set), evaluated=False)
        windows = UniqueWindows.of(training_set.features)
        logits = [self._read(name, windows, loaded) for name in self._distillation.teacher]
        if self._first is not None:  # which is run, unless it is finished
            matched = run_training(*self._first)
            self._matched = matched.record["distillation"]
            load_model(loaded.trainable.model, matched.folder / "model.safetensors")
        yield PredictionTrainer(loaded, logits=logits, rows=windows.rows, distillation=self._distillation)

    def _read(self, name: str, windows: UniqueWindows, loaded: LoadedTraining) -> "TeacherLogits":
        from accelerate import PartialState

        from spanwise.train.distillation.teacher import load_teacher, require_same_windows, teacher_logits

        job, teacher = loaded.job, load_teacher(name, loaded.job)
        require_same_windows(teacher, name, loaded)
        folder = job.output / TEACHER_LOGITS if job.cache is None else job.cache
        with PartialState().main_process_first():
            count = job.counting("teacher reads", len(windows.features))
            return teacher_logits(teacher, windows, folder, job.device, count)

    def record(self) -> dict[str, Any]:
        """See `Objective.record`."""
        return {"distillation": {**self._distillation.model_dump(mode="json"), "intermediate": self._matched}}


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


def _first_stage(
    job: TrainingJob, distillation: Distillation, options: TrainingOptions
) -> "tuple[TrainingJob, LayerDistillation] | None":
    """Return the job and objective of the stage that matches layers; it is not evaluated: no head is trained in it."""
    stage = distillation.intermediate
    if stage is None:
        return None
    from spanwise.train.distillation.intermediate import LayerDistillation

    fixed = {"eval": (), "evaluate_every": None, "patience": None, "save_dtype": "float32", "distill": None}
    changed = {**dict(job.recipe), **current_keys(stage.changes), **fixed}
    recipe = make_recipe(changed, "the intermediate stage")

    def report(state: TrainingProgress) -> None:
        job.report(replace(state, what=f"layers: {state.what}"))

    passages = job.output / PASSAGES if job.cache is None else job.cache  # which both stages read
    shared: TrainingOptions = {**options, "progress": report, "cache": passages}
    teacher = distillation.teacher[0] if stage.teacher is None else stage.teacher
    return load_training_job(recipe, job.output / INTERMEDIATE, **shared), LayerDistillation(stage, teacher)
