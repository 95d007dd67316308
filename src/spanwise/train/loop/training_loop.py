"""Run the updates of a training, from the first or the last checkpoint, and load the best weights."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from transformers import EarlyStoppingCallback, TrainerCallback

from spanwise.runtime.quiet import quiet_loading
from spanwise.train.inputs.batches import Collator
from spanwise.train.loop.arguments import training_arguments
from spanwise.train.loop.checkpoints import CheckpointFolder
from spanwise.train.loop.qa_trainer import QATrainer
from spanwise.train.loop.reporting import Reporter
from spanwise.train.loop.scoring import Scorer
from spanwise.train.objective import LoadedTraining, MakeTrainer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, TrainerState


def run_training_loop(
    loaded: LoadedTraining, scorer: Scorer | None, make_trainer: MakeTrainer
) -> tuple[dict[str, Any], Reporter]:
    """
    Run all updates; afterwards the model has the best weights.

    :param make_trainer: Takes QATrainer's parameters.
    :returns: What the training's record says of the updates, and what reports its progress.
    """
    job, trainable, training_set = loaded.job, loaded.trainable, loaded.training_set
    recipe, checkpoints = job.recipe, CheckpointFolder(job.output)
    args = training_arguments(recipe, job.output, job.device, items=len(training_set), evaluated=scorer is not None)
    trainer: QATrainer
    reporter = Reporter(job.report, lambda: trainer.tokens)

    def score(model: "PreTrainedModel") -> Mapping[str, float]:
        if scorer is None:
            return {}
        return scorer.score(model, reporter.counting("evaluating", scorer.question_count(limited=True)))

    callbacks: list[TrainerCallback] = [reporter]
    if scorer is not None and recipe.patience is not None:
        callbacks.append(EarlyStoppingCallback(recipe.patience))
    trainer = make_trainer(
        trainable.model,
        args,
        training_set,
        Collator(trainable.inputs.pad_id, takes_types=trainable.inputs.takes_types),
        group_by_length=recipe.group_by_length,
        checkpoints=checkpoints,
        score=None if scorer is None else score,
        callbacks=tuple(callbacks),
    )
    state, in_memory = checkpoints.last_state(), None
    if state is not None:
        job.notify(f"going on with the training in {job.output} after step {state.global_step} of {state.max_steps}")
    if state is None or not _is_done(state):
        last = None if state is None else str(checkpoints.at(state.global_step))
        with quiet_loading():
            trainer.train(resume_from_checkpoint=last)
        state = trainer.state
        in_memory = state.global_step
    kept = state.global_step if state.best_global_step is None else state.best_global_step
    if kept != in_memory:
        _load_weights(trainable.model, checkpoints, kept)
    record = {
        "steps": state.global_step,
        "kept_step": kept,
        "stopped_early": state.global_step < state.max_steps,
        "history": _cleaned(state.log_history),
    }
    return record, reporter


def _is_done(state: "TrainerState") -> bool:
    """Tell whether Trainer was to stop after a checkpoint: all updates were done, or patience was at its end."""
    saved: Any = state.stateful_callbacks
    return bool(saved["TrainerControl"]["args"]["should_training_stop"])


def _load_weights(model: "PreTrainedModel", checkpoints: CheckpointFolder, step: int) -> None:
    from safetensors.torch import load_model

    load_model(model, checkpoints.at(step) / "model.safetensors", strict=False)


def _cleaned(history: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Remove the Trainer's last entry, which sums up only the run since the last start."""
    return [dict(entry) for entry in history if "train_runtime" not in entry]
