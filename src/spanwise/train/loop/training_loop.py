"""The updates of a training, from its first or from where it was interrupted, to the best weights it came to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanwise.progress import ReportCount
from spanwise.runtime.quiet import quiet_loading
from spanwise.train.inputs.dataset import Collator, WindowDataset
from spanwise.train.loop.arguments import training_arguments
from spanwise.train.loop.checkpoints import CheckpointFolder
from spanwise.train.loop.qa_trainer import QATrainer
from spanwise.train.loop.reporting import Reporter
from spanwise.train.loop.schedule import Schedule
from spanwise.train.loop.scoring import Scorer
from spanwise.train.objective import LoadedTraining, MakeTrainer
from spanwise.train.passages.trainer import QuestionCollator, QuestionDataset

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from spanwise.train.inputs.training_set import TrainingSet


@dataclass(frozen=True, slots=True)
class LoopResult:
    """
    What a training came to.

    :param steps: Updates done.
    :param kept: The update whose weights were kept.
    :param history: Loss, learning rate and measures by update.
    :param counting: Makes a callback that reports questions that are read.
    """

    steps: int
    kept: int
    stopped_early: bool
    history: list[dict[str, Any]]
    counting: Callable[[str, int], ReportCount]


def run_training_loop(loaded: LoadedTraining, scorer: Scorer | None, make_trainer: MakeTrainer) -> LoopResult:
    """
    Train; the model holds the best weights afterwards.

    :param make_trainer: Takes QATrainer's parameters.
    """
    job, trainable, training_set = loaded.job, loaded.trainable, loaded.training_set
    recipe, checkpoints = job.recipe, CheckpointFolder(job.output)
    args = training_arguments(recipe, job.output, job.device)
    schedule = Schedule.of(
        args, training_set.items, recipe.evaluate_every, recipe.checkpoint_every, recipe.select_by, recipe.patience
    )
    trainer: QATrainer
    reporter = Reporter(job.report, lambda: trainer.tokens)

    def score(model: "PreTrainedModel") -> Mapping[str, float]:
        if scorer is None:
            return {}
        return scorer.during(model, reporter.counting("evaluating", scorer.questions(limited=True)))

    collator = Collator(trainable.pad_id, takes_types=trainable.takes_types)
    trainer = make_trainer(
        trainable.model,
        args,
        *_batches(training_set, collator),
        group_by_length=recipe.group_by_length,
        schedule=schedule,
        checkpoints=checkpoints,
        score=None if scorer is None else score,
        callbacks=(reporter,),
    )
    steps = checkpoints.steps()
    last = steps[-1] if steps else None
    history: list[dict[str, Any]] = [] if last is None else checkpoints.state(last)["log_history"]
    at = 0 if last is None else last
    if last is not None:
        job.notify(f"going on with the training in {job.output} after step {last} of {schedule.steps}")
    weights_at = None
    if at < schedule.steps and not schedule.exhausted(history):
        with quiet_loading():
            trainer.train(resume_from_checkpoint=None if last is None else str(checkpoints.at(last)))
        history, at = trainer.state.log_history, trainer.state.global_step
        weights_at = at
    best = schedule.best(history)
    kept = at if best is None else best
    if kept != weights_at:
        _load_weights(trainable.model, checkpoints, kept)
    return LoopResult(at, kept, at < schedule.steps, _cleaned(history), reporter.counting)


def _batches(training_set: "TrainingSet", collator: Collator) -> tuple[Any, Any]:
    """Return what is trained on, and what makes batches of it."""
    if training_set.questions is None:
        return WindowDataset(training_set.features), collator
    return QuestionDataset(training_set.features, training_set.questions), QuestionCollator(collator)


def _load_weights(model: "PreTrainedModel", checkpoints: CheckpointFolder, step: int) -> None:
    from safetensors.torch import load_model

    load_model(model, checkpoints.at(step) / "model.safetensors", strict=False)


def _cleaned(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what the Trainer logs at its end, which is of one run and not of the whole training."""
    return [dict(entry) for entry in history if "train_runtime" not in entry]
