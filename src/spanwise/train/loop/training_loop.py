"""Run the updates of a training, from the first or the last checkpoint, and load the best weights."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_model
from transformers import EarlyStoppingCallback, TrainerCallback

from spanwise.runtime.hub import quiet_loading
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
    job, model, checkpoints = loaded.job, loaded.trainable.model, CheckpointFolder(loaded.job.output)
    trainer, reporter = _make(loaded, scorer, make_trainer, checkpoints)
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
        load_model(model, checkpoints.at(kept) / "model.safetensors", strict=False)
    record = {
        "steps": state.global_step,
        "kept_step": kept,
        "stopped_early": state.global_step < state.max_steps,
        # Trainer's last entry sums up only the run since the last start.
        "history": [entry for entry in state.log_history if "train_runtime" not in entry],
    }
    return record, reporter


def _make(
    loaded: LoadedTraining, scorer: Scorer | None, make_trainer: MakeTrainer, checkpoints: CheckpointFolder
) -> "tuple[QATrainer, Reporter]":
    """Return the trainer, and what reports its progress."""
    job, inputs, training_set = loaded.job, loaded.trainable.inputs, loaded.training_set
    recipe, evaluated = job.recipe, scorer is not None
    args = training_arguments(recipe, job.output, job.device, items=len(training_set), evaluated=evaluated)
    trainer: QATrainer
    reporter = Reporter(job.report, lambda: trainer.tokens)
    callbacks: list[TrainerCallback] = [reporter]
    if evaluated and recipe.patience is not None:
        callbacks.append(EarlyStoppingCallback(recipe.patience))

    def score(model: "PreTrainedModel") -> Mapping[str, float]:
        assert scorer is not None
        return scorer.score(model, reporter.counting("evaluating", scorer.question_count(limited=True)))

    trainer = make_trainer(
        loaded.trainable.model,
        args,
        training_set,
        Collator(inputs.pad_id, takes_types=inputs.takes_types),
        group_by_length=recipe.group_by_length,
        checkpoints=checkpoints,
        score=score if evaluated else None,
        callbacks=callbacks,
    )
    return trainer, reporter


def _is_done(state: "TrainerState") -> bool:
    """Tell whether Trainer was to stop after a checkpoint: all updates were done, or patience was at its end."""
    saved: Any = state.stateful_callbacks
    return bool(saved["TrainerControl"]["args"]["should_training_stop"])
