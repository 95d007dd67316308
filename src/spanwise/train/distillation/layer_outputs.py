"""Have models of transformers return attention scores before the softmax, and hidden states of another width."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from spanwise.errors import ModelError
from spanwise.train.attention import NAME, attend_by_products

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PROJECTION = "distillation_projection"


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
