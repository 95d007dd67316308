"""Train a reader as a recipe says, from its data to a folder that a reader is loaded from."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from spanwise import __version__
from spanwise.errors import UsageError
from spanwise.runtime.processor import has_bfloat16
from spanwise.train.recipe import Recipe
from spanwise.train.recipe_file import load_recipe
from spanwise.train.results import clear, environment, open_run_folder, read_record, save_reader, training_lock
from spanwise.train.training_job import TrainingJob, TrainingOptions, ignore, load_training_job

if TYPE_CHECKING:
    from accelerate import PartialState

    from spanwise.train.loop.qa_trainer import LoadedTraining, QATrainer


@dataclass(frozen=True, slots=True)
class Objective:
    """
    What a model is trained to do: to give right answers, or to be like a teacher.

    :param trainer: Makes the trainer; when its block ends, the model is ready to be written.
    :param settings: What decides the weights besides the recipe and its data, as JSON values.
    :param reads_together: Whether it wants all passages of a question in one batch, where passages were found; it is
        given windows one by one otherwise.
    """

    trainer: "Callable[[LoadedTraining], AbstractContextManager[QATrainer]]"
    settings: Mapping[str, Any] = field(default_factory=dict)
    reads_together: bool = False


@dataclass(frozen=True, slots=True)
class Trained:
    """
    The result of a training.

    :param folder: Of the model.
    :param record: What `training.json` says.
    :param already: Whether the folder already held this training, finished, so that nothing was done.
    """

    folder: Path
    record: Mapping[str, Any]
    already: bool = False

    @property
    def metrics(self) -> Mapping[str, Mapping[str, Any]]:
        """SQuAD's measures of each evaluation file, by its name."""
        found: Mapping[str, Mapping[str, Any]] = self.record["metrics"]
        return found


def train(recipe: Recipe | str | Path, *, output: Path | str, **options: Unpack[TrainingOptions]) -> Trained:
    """
    Fine-tune an encoder, or a reader, to find answers.

    A training that was interrupted goes on from its last checkpoint when it is started again with the same settings,
    and comes to the same weights as one that was not.

    ```python
    from spanwise.train import load_recipe, train

    recipe = load_recipe("electra-small-squad2", train=["squad.json"], eval=["dev.json"])
    print(train(recipe, output="my-reader").metrics["dev"]["f1"])
    ```

    :param recipe: What to train on what, and how; the name of a packaged recipe, or a recipe's file.
    :param output: The folder to write into, which is made.
    :param options: See `TrainingOptions`.
    :raises UsageError: If the recipe or its data is not valid, or the folder holds something else.
    :raises ModelError: If the model cannot be loaded, or its loss is not a finite number.
    :raises CheckpointError: If the disk refuses a checkpoint.
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    if recipe.distill is not None:
        msg = f"expected a recipe without a teacher to train {recipe.model!r}, found one; run it with spanwise distill"
        raise UsageError(msg)
    return run_training(load_training_job(recipe, output, **options), Objective(_right_answers, reads_together=True))


@contextmanager
def _right_answers(loaded: "LoadedTraining") -> "Iterator[QATrainer]":
    from spanwise.train.loop.qa_trainer import QATrainer
    from spanwise.train.passages.trainer import PassagesTrainer

    yield (QATrainer if loaded.training_set.questions is None else PassagesTrainer)(loaded)


def run_training(job: TrainingJob, objective: Objective) -> Trained:
    """Train towards an objective; a training that is finished in its folder is returned as it is."""
    from accelerate import PartialState

    state, settings = PartialState(cpu=job.device == "cpu"), {**job.settings(), **objective.settings}
    if not state.is_main_process:
        job = replace(job, report=ignore, notify=ignore)
    with state.main_process_first():
        record = open_run_folder(job.output, settings)
    if record is not None:
        if state.is_main_process:
            clear(job.output)  # what a kill may have left
        job.notify(f"{job.output} holds this training, finished; nothing is left to do")
        return Trained(job.output, record, already=True)
    if job.device == "cpu" and job.recipe.dtype == "bfloat16" and not has_bfloat16():
        job.notify("this processor does not multiply bfloat16 itself: float32 would be much faster (--dtype float32)")
    with training_lock(job.output) if state.is_main_process else nullcontext():
        _train(job, objective, settings, state)
    return Trained(job.output, read_record(job.output))


def _train(job: TrainingJob, objective: Objective, settings: Mapping[str, Any], state: "PartialState") -> None:
    from transformers import set_seed

    from spanwise.train.inputs.training_set import build_training_set
    from spanwise.train.loop.qa_trainer import LoadedTraining
    from spanwise.train.loop.scoring import Scorer
    from spanwise.train.model import load_trainable_model

    began = time.monotonic()
    set_seed(job.recipe.seed)
    trainable = load_trainable_model(job.recipe, device=job.device, token=job.token)
    found = None
    if job.has_corpora:
        from spanwise.train.passages.gather import gather_passages

        with state.main_process_first():
            found = gather_passages(job)
        set_seed(job.recipe.seed)
    training_set = build_training_set(job.recipe, trainable, job.sets, found)
    if not any(question.answerable for data in job.sets for question in data.questions.questions):
        job.notify("no question that it is trained on has an answer: the reader will learn to give none")
    if not objective.reads_together:
        training_set = replace(training_set, questions=None)
    scorer = None
    if job.evaluated:
        questions = [loaded.questions for loaded in job.evaluated]
        scorer = Scorer(job.recipe, trainable, questions, null_answer=training_set.null_answer)
    loaded = LoadedTraining(job, trainable, training_set, found, scorer)
    with objective.trainer(loaded) as trainer:
        updates = trainer.run_updates(job.notify)
    if state.is_main_process:
        record = {**_record(loaded, settings), **updates, "seconds": round(time.monotonic() - began, 1)}
        save_reader(loaded, record, trainer.reporter.counting)
    state.wait_for_everyone()


def _record(loaded: "LoadedTraining", settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `training.json` says of a training, but for its updates and what its model reaches."""
    job, training_set = loaded.job, loaded.training_set
    return {
        "spanwise": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": job.recipe.model,
        "settings": settings,
        "data": training_set.data,
        "evaluated": [data.describe() for data in job.evaluated],
        "null_answer": training_set.null_answer,
        "windows": len(training_set.features),
        **environment(job.device),
    }
