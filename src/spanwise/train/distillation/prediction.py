"""The stage in which a student learns its teachers' logits."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import kl_div, log_softmax, softmax

from spanwise.train.distillation.teacher import TeacherLogits
from spanwise.train.inputs.training_set import Windows
from spanwise.train.loop.qa_trainer import LoadedTraining, QATrainer
from spanwise.train.recipe import Distillation

TAUGHT = "teacher_logits"


class PredictionTrainer(QATrainer):
    """
    Trains a student on right answers and on its teachers' logits.

    :param logits: Of each teacher.
    :param rows: For each window of the training, where its logits are. *Shape:* (n_windows,), int64.
    :param distillation: How much they count.
    :param matched: What the record of the stage before says, or None.
    """

    def __init__(
        self,
        loaded: LoadedTraining,
        *,
        logits: Sequence[TeacherLogits],
        rows: NDArray[np.int64],
        distillation: Distillation,
        matched: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(loaded, {"distillation": {**distillation.model_dump(mode="json"), "intermediate": matched}})
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


def soft_loss(student: torch.Tensor, teachers: torch.Tensor, padding: torch.Tensor, temperature: float) -> torch.Tensor:
    """
    Return the mean divergence KL(teacher || student) between distributions over the tokens of a window.

    Logits are divided by the temperature T; the divergence is multiplied by T², which keeps its gradients as large as
    those of the loss against right answers whatever T is (Hinton et al. 2015, "Distilling the Knowledge in a Neural
    Network", section 2). The probabilities of several teachers are averaged.

    :param student: Logits. *Shape:* (n_windows, n_tokens), float.
    :param teachers: Logits. *Shape:* (n_windows, n_teachers, n_tokens), float.
    :param padding: True for padding, which has no share in any distribution. *Shape:* (n_windows, n_tokens), bool.
    :returns: At least 0, in nats. *Shape:* ().
    """
    lowest = torch.finfo(torch.float32).min
    given = (student.float() / temperature).masked_fill(padding, lowest)
    wanted = (teachers.float() / temperature).masked_fill(padding[:, None], lowest)
    divergence = kl_div(log_softmax(given, dim=-1), softmax(wanted, dim=-1).mean(dim=1), reduction="none")
    return divergence.masked_fill(padding, 0.0).sum(dim=-1).mean() * temperature**2
