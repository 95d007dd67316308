"""Find out the layers, widths and heads of a model by running it."""

from dataclasses import dataclass
from typing import Self

import torch

from spanwise.errors import ModelError
from spanwise.train.model import TrainableModel


@dataclass(frozen=True, slots=True)
class Shape:
    """
    How many layers of what size a model has.

    :param widths: Hidden dimensions of the embeddings and of the layers.
    :param heads: Attention heads of a layer; 0 where they were not asked for.
    """

    layers: int
    widths: tuple[int, int]
    heads: int

    @classmethod
    def of(cls, owner: TrainableModel, *, attentions: bool) -> Self:
        """
        Run a model on two words and read its shape from the outputs.

        :raises ModelError: If it does not give hidden states, or attentions though they were asked for.
        """
        encoding = owner.plain.encode("a", "a")
        names = ("input_ids", "attention_mask", "token_type_ids")[: 3 if owner.takes_types else 2]
        rows = (encoding.ids, [1] * len(encoding), encoding.type_ids)
        device = owner.model.device
        given = {name: torch.tensor([row], device=device) for name, row in zip(names, rows, strict=False)}
        before = owner.model.training
        owner.model.eval()
        with torch.no_grad():
            outputs = owner.model(**given, output_hidden_states=True, output_attentions=attentions)
        owner.model.train(before)
        hidden, scores = (getattr(outputs, name, None) for name in ("hidden_states", "attentions"))
        scores = scores if attentions else None
        if not hidden or (attentions and scores is None):
            what = "attentions" if hidden else "hidden states"
            msg = f"expected a model that gives its {what}, found {type(owner.model).__name__}; name an encoder"
            raise ModelError(msg)
        widths = hidden[0].shape[-1], hidden[-1].shape[-1]
        return cls(len(hidden) - 1, widths, 0 if scores is None else scores[0].shape[1])
