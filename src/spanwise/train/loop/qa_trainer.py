"""transformers' Trainer, for spans: its loss, an order of windows that can be resumed, whole checkpoints, reports."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from safetensors.torch import load_model
from torch.nn.functional import cross_entropy
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainerState
from transformers.trainer_callback import PrinterCallback

from spanwise.errors import ModelError
from spanwise.progress import ReportCount, counting
from spanwise.runtime.hub import quiet_loading
from spanwise.train.inputs.batches import EpochSampler, collated
from spanwise.train.inputs.training_set import TrainingSet, Windows
from spanwise.train.loop.arguments import training_arguments
from spanwise.train.loop.checkpoints import CheckpointFolder
from spanwise.train.loop.scoring import Scorer
from spanwise.train.model import TrainableModel
from spanwise.train.passages.gather import Passages
from spanwise.train.training_job import Notify, ReportTraining, TrainingJob, TrainingProgress

LEAST_S = 0.2  # seconds between two reports
SHOWN = 5


@dataclass(frozen=True, slots=True)
class LoadedTraining:
    """
    A training whose model is loaded and whose questions are cut into windows.

    :param found: The passages that were found for each file's questions; see `build_training_set`.
    :param scorer: Evaluates the model; None for no evaluation.
    """

    job: TrainingJob
    trainable: TrainableModel
    training_set: TrainingSet
    found: Sequence[Passages | None] | None
    scorer: Scorer | None


class Reporter(TrainerCallback):
    """
    A callback of Trainer that reports updates and evaluations.

    :param report: What is called.
    """

    def __init__(self, report: ReportTraining) -> None:
        self._report = report
        self.tokens = 0  # trained on since the start, padding left out
        self._state = TrainingProgress("training")
        self._history: list[dict[str, float]] = []  # what Trainer has logged, also before an interruption
        self._spent = 0.0  # seconds in updates
        self._first = 0
        self._began = self._last = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note how many updates there are, and those before an interruption."""
        self._first, self._history = state.global_step, state.log_history
        self._state = replace(self._state, step=state.global_step, steps=state.max_steps)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note when the update began."""
        self._began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report the update, unless another was reported just before."""
        now = time.monotonic()
        self._spent += now - self._began
        if now - self._last < LEAST_S and state.global_step < state.max_steps:
            return
        self._last = now
        left = state.max_steps - state.global_step
        self._state = replace(
            self._state,
            step=state.global_step,
            epoch=float(state.epoch),
            tokens_per_second=self.tokens / max(self._spent, 1e-9),
            seconds_left=left * self._spent / max(1, state.global_step - self._first),
        )
        self._report(self._measured())

    def counting(self, what: str, total: int) -> ReportCount:
        """Return a callback that reports how many questions of an evaluation are done."""

        def report(what: str, done: int, of: int) -> None:
            self._report(replace(self._measured(), what=what, step=done, steps=of, seconds_left=None))

        return counting(report, what, total)

    def _measured(self) -> TrainingProgress:
        """Return how far the updates are, with what was last logged of them."""
        logged = {name: value for entry in self._history for name, value in entry.items()}
        return replace(
            self._state,
            loss=logged.get("loss"),
            learning_rate=logged.get("learning_rate"),
            f1=logged.get("eval_f1"),
            best_f1=max((entry["eval_f1"] for entry in self._history if "eval_f1" in entry), default=None),
        )


class QATrainer(Trainer):
    """
    Trains a question-answering model on windows.

    :param loaded: The model, its windows, and what evaluates it in the main process.
    :param described: What a training's record says of the objective, as JSON values.
    """

    def __init__(self, loaded: LoadedTraining, described: Mapping[str, Any] | None = None) -> None:
        job, recipe, data = loaded.job, loaded.job.recipe, loaded.training_set
        evaluated = loaded.scorer is not None
        args = training_arguments(recipe, job.output, job.device, items=len(data), evaluated=evaluated)
        self.loaded = loaded
        self._described = {} if described is None else described
        self.reporter = Reporter(job.report)
        self.checkpoints = CheckpointFolder(job.output)
        self.takes_types = loaded.trainable.inputs.takes_types  # whether a batch has token types
        super().__init__(
            model=loaded.trainable.model,
            args=args,
            train_dataset=data,
            eval_dataset=data,  # Trainer wants one; `evaluate` has its own
            data_collator=self.collate,
            callbacks=[self.reporter],
        )
        self.remove_callback(PrinterCallback)
        if evaluated and recipe.patience is not None:
            self.add_callback(EarlyStoppingCallback(recipe.patience))
        self.sampler = EpochSampler(
            data.lengths(),
            update_size=self.get_total_train_batch_size(args),
            seed=args.seed,
            grouped=recipe.group_by_length and data.questions is None,
        )
        self.add_callback(CheckpointFlow(self.sampler))

    def run_updates(self, notify: Notify) -> dict[str, Any]:
        """Run all updates from the last checkpoint on, and load the best weights; returns what is recorded of them."""
        state, in_memory = self.checkpoints.last_state(), None
        if state is not None:
            output = self.checkpoints.output
            notify(f"going on with the training in {output} after step {state.global_step} of {state.max_steps}")
        if state is None or not _is_done(state):
            last = None if state is None else str(self.checkpoints.at(state.global_step))
            with quiet_loading():
                self.train(resume_from_checkpoint=last)
            state = self.state
            in_memory = state.global_step
        kept = state.global_step if state.best_global_step is None else state.best_global_step
        if kept != in_memory:
            model = self.accelerator.unwrap_model(self.model)
            load_model(model, self.checkpoints.at(kept) / "model.safetensors", strict=False)
        return {
            "steps": state.global_step,
            "kept_step": kept,
            "stopped_early": state.global_step < state.max_steps,
            # Trainer's last entry sums up only the run since the last start.
            "history": [entry for entry in state.log_history if "train_runtime" not in entry],
            **self._described,
        }

    def collate(self, batch: Sequence[Windows]) -> dict[str, Any]:
        """Return the tensors of a batch."""
        return collated(batch, self.loaded.trainable.inputs.pad_id, takes_types=self.takes_types)

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """
        Return the loss of a batch.

        :raises ModelError: If it is not a finite number.
        """
        features = [self.loaded.training_set.features[window] for window in inputs.pop("window").tolist()]
        loss, outputs = self.batch_loss(model, inputs)
        if not torch.isfinite(loss):
            raise self._not_finite(loss.item(), list(dict.fromkeys(feature.question_id for feature in features)))
        self.reporter.tokens += self.args.world_size * sum(len(feature.input_ids) for feature in features)
        return (loss, outputs) if return_outputs else loss

    def batch_loss(self, model: torch.nn.Module, inputs: dict[str, Any]) -> tuple[torch.Tensor, Any]:
        """
        Return the mean loss of a batch, and what the model gave.

        :param inputs: As `collate` makes them, without the windows' numbers.
        """
        starts, ends = inputs.pop("start_positions"), inputs.pop("end_positions")
        outputs = model(**inputs)
        padding = inputs["attention_mask"] == 0
        loss = (masked_loss(outputs.start_logits, starts, padding) + masked_loss(outputs.end_logits, ends, padding)) / 2
        return loss, outputs

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Evaluate the model; every process is given the main one's numbers."""
        scorer = self.loaded.scorer
        if scorer is None:
            return {}
        from accelerate.utils import broadcast_object_list

        found: list[dict[str, float] | None] = [None]
        if self.is_world_process_zero():
            with torch.random.fork_rng():
                scores = scorer.score(self.accelerator.unwrap_model(self.model), self.reporter.counting)
            found = [{f"eval_{name}": float(value) for name, value in scores.items()}]
        (metrics,) = broadcast_object_list(found)
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        result: dict[str, float] = metrics
        return result

    def _get_train_sampler(self, *_: Any, **__: Any) -> EpochSampler:
        return self.sampler

    def _get_output_dir(self, *_: Any, **__: Any) -> str:
        return str(self.checkpoints.stage)

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        main = self.is_world_process_zero()
        if main:
            self.checkpoints.discard_stage()
        self.accelerator.wait_for_everyone()
        with self.checkpoints.writing():
            super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if main:
            step, best = self.state.global_step, self.state.best_global_step
            self.checkpoints.commit(step)
            self.checkpoints.keep_only({step} if best is None else {step, best})
        self.accelerator.wait_for_everyone()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """Write weights and configuration; Trainer's own also pickles its arguments."""
        if self.args.should_save and output_dir is not None:
            model = self.accelerator.unwrap_model(self.model)
            model.save_pretrained(output_dir, state_dict=state_dict, max_shard_size="100GB")

    def _not_finite(self, loss: float, ids: Sequence[str]) -> ModelError:
        shown = ", ".join(ids[:SHOWN]) + (f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else "")
        steps = self.checkpoints.steps()
        last = f"the last checkpoint is of step {steps[-1]}" if steps else "there is no checkpoint yet"
        msg = (
            f"expected a finite loss, found {loss} at step {self.state.global_step + 1} with a learning rate of "
            f"{self._get_learning_rate():.3g}, in a batch of questions {shown}; {last}; "
            "lower the learning rate, lengthen the warm-up, or look at those questions"
        )
        return ModelError(msg)


def _is_done(state: TrainerState) -> bool:
    """Tell whether Trainer was to stop after a checkpoint: all updates were done, or patience was at its end."""
    saved: Any = state.stateful_callbacks
    return bool(saved["TrainerControl"]["args"]["should_training_stop"])


def masked_loss(logits: torch.Tensor, positions: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """
    Return the mean cross-entropy of positions among the tokens that are no padding.

    :param logits: *Shape:* (n_windows, n_tokens), float.
    :param positions: *Shape:* (n_windows,), int64.
    :param padding: True for padding. *Shape:* (n_windows, n_tokens), bool.
    """
    scores = logits.float()
    return cross_entropy(scores.masked_fill(padding, torch.finfo(scores.dtype).min), positions)


class CheckpointFlow(TrainerCallback):
    """
    What resuming needs beside Trainer's own flow.

    An evaluation is followed by a checkpoint, so that the best weights are kept; the loss is reported before every
    checkpoint, since what was summed up for the next report is in none.

    :param sampler: Is told the epoch, which not every wrapper of accelerate passes on.
    """

    def __init__(self, sampler: EpochSampler) -> None:
        self._sampler = sampler

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell the sampler the epoch."""
        self._sampler.set_epoch(int(state.epoch))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add to what Trainer's own flow decided; early versions of it do not evaluate after the last update."""
        control.should_evaluate |= state.global_step >= state.max_steps and args.eval_strategy != "no"
        control.should_save |= control.should_evaluate
        control.should_log |= control.should_save
