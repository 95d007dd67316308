"""The stage in which a student learns its teachers' logits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from spanwise.train.distillation.losses import soft_loss
from spanwise.train.distillation.settings import Distillation
from spanwise.train.inputs.batches import Windows
from spanwise.train.loop.qa_trainer import QATrainer
from spanwise.train.objective import LoadedTraining

TAUGHT = "teacher_logits"
TeacherLogits = Sequence[NDArray[np.float32]]
"""A teacher's start and end logits of each window. *Shape:* (2, n_tokens) each."""


class PredictionTrainer(QATrainer):
    """
    Trains a student on right answers and on its teachers' logits.

    :param logits: Of each teacher.
    :param rows: For each window of the training, where its logits are. *Shape:* (n_windows,), int64.
    :param distillation: How much they count.
    """

    def __init__(
        self,
        loaded: LoadedTraining,
        *,
        logits: Sequence[TeacherLogits],
        rows: NDArray[np.int64],
        distillation: Distillation,
    ) -> None:
        super().__init__(loaded)
        self._logits = logits
        self._rows = rows
        self._distillation = distillation

    def collate(self, batch: Sequence[Windows]) -> dict[str, Any]:
        """
        Return the tensors of a batch, and the teachers' logits.

        :returns: With teacher_logits, 0 for padding, *shape:* (n_windows, n_teachers, 2 for start and end, n_tokens),
            float32.
        """
        tensors = super().collate(batch)
        windows = [window for some in batch for window in some]
        shape = len(windows), len(self._logits), 2, tensors["input_ids"].shape[1]
        taught = np.zeros(shape, dtype=np.float32)
        for place, (window, feature) in zip(taught, windows, strict=True):
            for target, logits in zip(place, self._logits, strict=True):
                target[:, : len(feature.input_ids)] = logits[self._rows[window]]
        return {**tensors, TAUGHT: torch.from_numpy(taught)}

    def batch_loss(self, model: torch.nn.Module, inputs: dict[str, Any]) -> tuple[torch.Tensor, Any]:
        """See `QATrainer.batch_loss`; the batch has the teachers' logits too."""
        taught = inputs.pop(TAUGHT)
        hard, outputs = super().batch_loss(model, inputs)
        padding, weight = inputs["attention_mask"] == 0, self._distillation.distillation_loss_weight
        starts, ends = (
            soft_loss(given, taught[:, :, side], padding, self._distillation.temperature)
            for side, given in enumerate((outputs.start_logits, outputs.end_logits))
        )
        return weight * (starts + ends) / 2 + (1 - weight) * hard, outputs
