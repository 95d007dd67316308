"""The stage in which a student's layers learn from those of a teacher, as in TinyBERT (Jiao et al. 2020)."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import torch

from spanwise.errors import ModelError, UsageError
from spanwise.train.distillation.layer_outputs import projecting_hidden_states, returning_attention_scores
from spanwise.train.distillation.losses import attention_loss, hidden_loss
from spanwise.train.distillation.settings import Intermediate
from spanwise.train.distillation.teacher import load_teacher, require_same_windows
from spanwise.train.loop.qa_trainer import QATrainer
from spanwise.train.model import TrainableModel, model_fingerprint
from spanwise.train.objective import LoadedTraining, Objective


def layer_mapping(student: int, teacher: int) -> tuple[int, ...]:
    """
    Return, for each layer of a student, the teacher's layer that it learns from; both are counted from 1.

    Layers are spread evenly, layer i of S learning from layer i * T / S of T, rounded down, and so the last from the
    last. The embeddings are layer 0 of both.

    >>> layer_mapping(6, 12), layer_mapping(4, 6)
    ((2, 4, 6, 8, 10, 12), (1, 3, 4, 6))

    :param student: Layers of the student.
    :param teacher: Layers of the teacher.
    :raises UsageError: If the student has more layers than the teacher.
    """
    if student > teacher:
        msg = (
            f"expected a student of at most {teacher} layers, which its teacher has, found {student}; "
            "name a smaller student or a larger teacher, or leave out the intermediate stage"
        )
        raise UsageError(msg)
    return tuple(layer * teacher // student for layer in range(1, student + 1))


class LayerDistillation(Objective):
    """
    An objective of training: match the layers of a teacher.

    :param stage: What is matched.
    :param teacher: A hub name or a folder.
    """

    reads_together = False  # the teacher runs beside the student, window by window

    def __init__(self, stage: Intermediate, teacher: str) -> None:
        self._stage = stage
        self.teacher = teacher
        self._matched: dict[str, Any] = {}

    def settings(self) -> dict[str, Any]:
        """See `Objective.settings`; what the stage changes of the recipe is in the recipe's settings."""
        matched = {**self._stage.model_dump(mode="json", exclude={"changes"}), "teacher": self.teacher}
        return {"intermediate": matched, "teacher_fingerprints": [model_fingerprint(self.teacher)]}

    @contextmanager
    def trainer(self, loaded: LoadedTraining) -> Iterator[QATrainer]:
        """See `Objective.trainer`."""
        student, teacher = loaded.trainable, load_teacher(self.teacher, loaded.job)
        require_same_windows(teacher, self.teacher, loaded)
        own, taught = _config(student), _config(teacher)
        layers = layer_mapping(own.num_hidden_layers, taught.num_hidden_layers)
        if self._stage.attentions and own.num_attention_heads != taught.num_attention_heads:
            msg = (
                f"expected a student with its teacher's {taught.num_attention_heads} attention heads, found "
                f"{own.num_attention_heads}; do without attention: attentions: false in the recipe's intermediate stage"
            )
            raise ModelError(msg)
        widths = own.hidden_size, taught.hidden_size
        self._matched = {
            "teacher": self.teacher,
            "layers": [0, *layers],
            "attentions": "scores before the softmax" if self._stage.attentions else None,
            "projection": None if widths[0] == widths[1] else list(widths),
        }
        with ExitStack() as stack:
            if self._stage.attentions:
                stack.enter_context(returning_attention_scores(student.model, loaded.job.recipe.model))
                stack.enter_context(returning_attention_scores(teacher.model, self.teacher))
            stack.enter_context(projecting_hidden_states(student.model, *widths))
            yield IntermediateTrainer(loaded, teacher=teacher, layers=layers, attentions=self._stage.attentions)

    def record(self) -> dict[str, Any]:
        """See `Objective.record`."""
        return {"distillation": self._matched}


def _config(owner: TrainableModel) -> Any:
    """Return a model's configuration, by which its layers can be matched."""
    if owner.model.config.is_encoder_decoder:
        msg = f"expected a model with one stack of layers, found {type(owner.model).__name__}; name an encoder"
        raise ModelError(msg)
    return owner.model.config


class IntermediateTrainer(QATrainer):
    """
    Trains a student's embeddings and layers to be like a teacher's, which runs beside it.

    The losses of embeddings, layers and attentions are summed, as in TinyBERT.

    :param layers: For each layer of the student, the teacher's that it learns from, counted from 1.
    :param attentions: Whether attention scores are matched too.
    """

    def __init__(
        self,
        loaded: LoadedTraining,
        *,
        teacher: TrainableModel,
        layers: tuple[int, ...],
        attentions: bool,
    ) -> None:
        super().__init__(loaded)
        self._student_takes_types, self._teacher_takes_types = self.takes_types, teacher.inputs.takes_types
        self.takes_types |= self._teacher_takes_types
        self._teacher = cast("Any", teacher.model).to(self.args.device)
        self._layers = layers
        self._attentions = attentions

    def batch_loss(self, model: torch.nn.Module, inputs: dict[str, Any]) -> tuple[torch.Tensor, Any]:
        """See `QATrainer.batch_loss`; right answers do not count."""
        asked = {"output_hidden_states": True, "output_attentions": self._attentions}
        tokens = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        types = {name: inputs[name] for name in ("token_type_ids",) if name in inputs}
        with torch.no_grad(), self.accelerator.autocast():
            taught = self._teacher(**tokens, **(types if self._teacher_takes_types else {}), **asked)
        outputs = model(**tokens, **(types if self._student_takes_types else {}), **asked)
        padding = inputs["attention_mask"] == 0
        loss = hidden_loss(outputs.hidden_states[0], taught.hidden_states[0], padding)
        for layer, source in enumerate(self._layers, 1):
            loss = loss + hidden_loss(outputs.hidden_states[layer], taught.hidden_states[source], padding)
            if self._attentions:
                loss = loss + attention_loss(outputs.attentions[layer - 1], taught.attentions[source - 1], padding)
        return loss, outputs
