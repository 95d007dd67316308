"""The stage in which a student's layers learn from those of a teacher, as in TinyBERT (Jiao et al. 2020)."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch

from spanwise.errors import ModelError, UsageError
from spanwise.train.attention import NAME, attend_by_products
from spanwise.train.distillation.teacher import load_teacher
from spanwise.train.loop.qa_trainer import LoadedTraining, QATrainer
from spanwise.train.model import TrainableModel
from spanwise.train.recipe import Intermediate

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PROJECTION = "distillation_projection"


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


@contextmanager
def layers_trainer(loaded: LoadedTraining, stage: Intermediate, name: str) -> Iterator[QATrainer]:
    """
    Yield a trainer that matches the layers of a teacher; when the block ends, the student is as it was but for weights.

    :param name: The teacher's.
    :raises ModelError: If the layers of teacher and student cannot be matched.
    """
    student, teacher = loaded.trainable, load_teacher(name, loaded)
    own, taught = _config(student), _config(teacher)
    layers = layer_mapping(own.num_hidden_layers, taught.num_hidden_layers)
    if stage.attentions and own.num_attention_heads != taught.num_attention_heads:
        msg = (
            f"expected a student with its teacher's {taught.num_attention_heads} attention heads, found "
            f"{own.num_attention_heads}; do without attention: attentions: false in the recipe's intermediate stage"
        )
        raise ModelError(msg)
    widths = own.hidden_size, taught.hidden_size
    matched = {
        "teacher": name,
        "layers": [0, *layers],
        "attentions": "scores before the softmax" if stage.attentions else None,
        "projection": None if widths[0] == widths[1] else list(widths),
    }
    with ExitStack() as stack:
        if stage.attentions:
            stack.enter_context(returning_attention_scores(student.model, loaded.job.recipe.model))
            stack.enter_context(returning_attention_scores(teacher.model, name))
        stack.enter_context(projecting_hidden_states(student.model, *widths))
        yield IntermediateTrainer(loaded, matched, teacher=teacher, layers=layers, attentions=stage.attentions)


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

    :param matched: What the record says of it.
    :param layers: For each layer of the student, the teacher's that it learns from, counted from 1.
    :param attentions: Whether attention scores are matched too.
    """

    def __init__(
        self,
        loaded: LoadedTraining,
        matched: Mapping[str, Any],
        *,
        teacher: TrainableModel,
        layers: tuple[int, ...],
        attentions: bool,
    ) -> None:
        super().__init__(loaded, {"distillation": matched})
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


@contextmanager
def returning_attention_scores(model: "PreTrainedModel", name: str) -> Iterator[None]:
    """
    Have a model return attention scores instead of attention probabilities.

    Probabilities would come after dropout, which sets some of them to 0, and after a softmax, which hides most others.

    :param name: The model's, for messages.
    :raises ModelError: If its attention is not one that can be replaced.
    """
    before = model.config._attn_implementation
    attend_by_products(model)
    if model.config._attn_implementation != NAME:
        msg = (
            f"expected a model whose attention scores can be had, found {name!r} ({type(model).__name__}); "
            "do without them: attentions: false in the recipe's intermediate stage"
        )
        raise ModelError(msg)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


@contextmanager
def projecting_hidden_states(model: "PreTrainedModel", own: int, wanted: int) -> Iterator[None]:
    """
    Have a model give hidden states of another width, by matrices that are learned with it.

    So does TinyBERT (Jiao et al. 2020, equations 8 and 9): there is one matrix for the embeddings and one for all
    layers. They are part of the model for as long, and so of its checkpoints.

    :param own: Its width; where that is wanted, nothing is learned.
    """
    if own == wanted:
        yield
        return
    embeddings, layers = (torch.nn.Linear(own, wanted, bias=False) for _ in range(2))
    model.add_module(PROJECTION, torch.nn.ModuleList([embeddings, layers]))

    def project(_module: torch.nn.Module, _inputs: Any, outputs: Any) -> Any:
        first, *others = outputs.hidden_states
        outputs["hidden_states"] = embeddings(first), *(layers(states) for states in others)
        return outputs

    handle = model.register_forward_hook(project)
    try:
        yield
    finally:
        handle.remove()
        delattr(model, PROJECTION)


def hidden_loss(student: torch.Tensor, teacher: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """
    Return the mean squared difference of hidden states (Jiao et al. 2020, "TinyBERT", equations 8 and 9).

    :param student: In the teacher's width. *Shape:* (n_windows, n_tokens, n_hidden), float.
    :param teacher: *Shape:* (n_windows, n_tokens, n_hidden), float.
    :param padding: True for padding, which does not count. *Shape:* (n_windows, n_tokens), bool.
    :returns: *Shape:* ().
    """
    squared = (student.float() - teacher.float()).square().mean(dim=-1)
    return squared[~padding].mean()


def attention_loss(student: torch.Tensor, teacher: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """
    Return the mean squared difference of attention scores, head by head (Jiao et al. 2020, "TinyBERT", equation 7).

    Scores are compared as they are before the softmax, as that paper does: after it, most are so near to 0 that their
    differences teach next to nothing.

    :param student: *Shape:* (n_windows, n_heads, n_tokens, n_tokens), float.
    :param teacher: *Shape:* (n_windows, n_heads, n_tokens, n_tokens), float.
    :param padding: True for padding, which neither attends nor is attended to. *Shape:* (n_windows, n_tokens), bool.
    :returns: *Shape:* ().
    """
    squared = (student.float() - teacher.float()).square().mean(dim=1)
    both = ~padding[:, :, None] & ~padding[:, None, :]
    return squared[both].mean()
