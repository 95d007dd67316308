"""The updates of a training, from its first or from where it was interrupted, to the best weights it came to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanwise.progress import ReportCount
from spanwise.runtime.quiet import quiet_loading
from spanwise.train.arguments import training_arguments
from spanwise.train.checkpoints import CheckpointFolder
from spanwise.train.dataset import Collator, WindowDataset
from spanwise.train.passages.trainer import QuestionCollator, QuestionDataset
from spanwise.train.qa_trainer import QATrainer
from spanwise.train.reporting import Reporter
from spanwise.train.schedule import Schedule
from spanwise.train.scoring import Scorer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from spanwise.train.job import Job
    from spanwise.train.model import Trainee
    from spanwise.train.prepare import Prepared

MakeTrainer = Callable[..., QATrainer]


@dataclass(frozen=True, slots=True)
class Fitted:
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


def fit(job: "Job", trainee: "Trainee", prepared: "Prepared", scorer: Scorer | None, make: MakeTrainer) -> Fitted:
    """
    Train; the trainee holds the best weights afterwards.

    :param make: Makes the trainer; takes QATrainer's parameters.
    """
    recipe, checkpoints = job.recipe, CheckpointFolder(job.output)
    args = training_arguments(recipe, job.output, job.device)
    schedule = Schedule.of(
        args, prepared.items, recipe.evaluate_every, recipe.checkpoint_every, recipe.select_by, recipe.patience
    )
    trainer: QATrainer
    reporter = Reporter(job.report, lambda: trainer.tokens)

    def score(model: "PreTrainedModel") -> Mapping[str, float]:
        if scorer is None:
            return {}
        return scorer.during(model, reporter.counting("evaluating", scorer.questions(limited=True)))

    collator = Collator(trainee.pad_id, takes_types=trainee.takes_types)
    trainer = make(
        trainee.model,
        args,
        *_batches(prepared, collator),
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
        job.say(f"going on with the training in {job.output} after step {last} of {schedule.steps}")
    weights_at = None
    if at < schedule.steps and not schedule.exhausted(history):
        with quiet_loading():
            trainer.train(resume_from_checkpoint=None if last is None else str(checkpoints.at(last)))
        history, at = trainer.state.log_history, trainer.state.global_step
        weights_at = at
    best = schedule.best(history)
    kept = at if best is None else best
    if kept != weights_at:
        _load_weights(trainee.model, checkpoints, kept)
    return Fitted(at, kept, at < schedule.steps, _cleaned(history), reporter.counting)


def _batches(prepared: "Prepared", collator: Collator) -> tuple[Any, Any]:
    """Return what is trained on, and what makes batches of it."""
    if prepared.questions is None:
        return WindowDataset(prepared.features), collator
    return QuestionDataset(prepared.features, prepared.questions), QuestionCollator(collator)


def _load_weights(model: "PreTrainedModel", checkpoints: CheckpointFolder, step: int) -> None:
    from safetensors.torch import load_model

    load_model(model, checkpoints.at(step) / "model.safetensors", strict=False)


def _cleaned(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what the Trainer logs at its end, which is of one run and not of the whole training."""
    return [dict(entry) for entry in history if "train_runtime" not in entry]
