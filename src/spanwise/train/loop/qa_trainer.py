"""transformers' Trainer, for spans: its loss, an order of windows that can be resumed, checkpoints that are whole."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy
from transformers import Trainer, TrainerCallback
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from spanwise.errors import ModelError
from spanwise.train.inputs.batches import EpochSampler
from spanwise.train.loop.checkpoints import CheckpointFolder

if TYPE_CHECKING:
    from transformers import PreTrainedModel, TrainingArguments

    from spanwise.train.inputs.batches import Collator, Windows
    from spanwise.train.inputs.training_set import TrainingSet

# Measures of the model as it stands; called in the main process only.
Score = Callable[["PreTrainedModel"], Mapping[str, float]]
SHOWN = 5


class QATrainer(Trainer):
    """
    Trains a question-answering model on windows.

    :param group_by_length: Whether windows of like length are put into a batch.
    :param collator: Makes the tensors of windows.
    :param checkpoints: Where checkpoints go.
    :param score: Evaluates the model; None for no evaluation.
    :param callbacks: Of transformers.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        args: "TrainingArguments",
        data: "TrainingSet",
        collator: "Collator",
        *,
        group_by_length: bool,
        checkpoints: CheckpointFolder,
        score: Score | None,
        callbacks: list[TrainerCallback],
    ) -> None:
        super().__init__(
            model=model,
            args=args,
            train_dataset=data,
            eval_dataset=data,  # Trainer wants one; `evaluate` has its own
            data_collator=self.collate,
            callbacks=callbacks,
        )
        self._collator = collator
        for shown in (PrinterCallback, ProgressCallback):
            self.remove_callback(shown)
        self.tokens = 0  # trained on since the start, padding left out
        self._features = data.features
        self._checkpoints = checkpoints
        self._score = score
        self.sampler = EpochSampler(
            data.lengths(),
            update_size=self.get_total_train_batch_size(args),
            seed=args.seed,
            grouped=group_by_length,
        )
        self.add_callback(CheckpointFlow(self.sampler))

    def collate(self, batch: Sequence["Windows"]) -> dict[str, Any]:
        """Return the tensors of a batch."""
        return self._collator(batch)

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
        windows = inputs.pop("window").tolist()
        loss, outputs = self.batch_loss(model, inputs)
        if not torch.isfinite(loss):
            raise self._not_finite(loss.item(), windows)
        self.tokens += self.args.world_size * sum(len(self._features[window].input_ids) for window in windows)
        return (loss, outputs) if return_outputs else loss

    def batch_loss(self, model: torch.nn.Module, inputs: dict[str, Any]) -> tuple[torch.Tensor, Any]:
        """
        Return the mean loss of a batch, and what the model gave.

        :param inputs: As the collator makes them, without the windows' numbers.
        """
        starts, ends = inputs.pop("start_positions"), inputs.pop("end_positions")
        outputs = model(**inputs)
        padding = inputs["attention_mask"] == 0
        loss = (masked_loss(outputs.start_logits, starts, padding) + masked_loss(outputs.end_logits, ends, padding)) / 2
        return loss, outputs

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Evaluate the model by `score`; every process is given the main one's numbers."""
        if self._score is None:
            return {}
        from accelerate.utils import broadcast_object_list

        found: list[dict[str, float] | None] = [None]
        if self.is_world_process_zero():
            with torch.random.fork_rng():
                scores = self._score(self.accelerator.unwrap_model(self.model))
            found = [{f"eval_{name}": float(value) for name, value in scores.items()}]
        (metrics,) = broadcast_object_list(found)
        self.log(dict(metrics))
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        result: dict[str, float] = metrics
        return result

    def _get_train_sampler(self, *_: Any, **__: Any) -> EpochSampler:
        return self.sampler

    def _get_output_dir(self, *_: Any, **__: Any) -> str:
        return str(self._checkpoints.stage)

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        main = self.is_world_process_zero()
        if main:
            self._checkpoints.discard_stage()
        self.accelerator.wait_for_everyone()
        with self._checkpoints.writing():
            super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if main:
            step, best = self.state.global_step, self.state.best_global_step
            self._checkpoints.commit(step)
            self._checkpoints.keep_only({step} if best is None else {step, best})
        self.accelerator.wait_for_everyone()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """Write weights and configuration; Trainer's own also pickles its arguments."""
        if self.args.should_save and output_dir is not None:
            model = self.accelerator.unwrap_model(self.model)
            model.save_pretrained(output_dir, state_dict=state_dict, max_shard_size="100GB")

    def _not_finite(self, loss: float, windows: list[int]) -> ModelError:
        ids = list(dict.fromkeys(self._features[window].question_id for window in windows))
        shown = ", ".join(ids[:SHOWN]) + (f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else "")
        steps = self._checkpoints.steps()
        last = f"the last checkpoint is of step {steps[-1]}" if steps else "there is no checkpoint yet"
        msg = (
            f"expected a finite loss, found {loss} at step {self.state.global_step + 1} with a learning rate of "
            f"{self._get_learning_rate():.3g}, in a batch of questions {shown}; {last}; "
            "lower the learning rate, lengthen the warm-up, or look at those questions"
        )
        return ModelError(msg)


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
