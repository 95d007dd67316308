"""Have models of transformers return attention scores before the softmax, and hidden states of another width."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from spanwise.errors import ModelError
from spanwise.runtime.quiet import quiet_loading

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NAME = "spanwise_scores"
PROJECTION = "distillation_projection"


@contextmanager
def returning_attention_scores(model: "PreTrainedModel", name: str) -> Iterator[None]:
    """
    Have a model return attention scores instead of attention probabilities.

    Probabilities would come after dropout, which sets some of them to 0, and after a softmax, which hides most others.

    :param name: The model's, for messages.
    :raises ModelError: If its attention is not one that can be replaced.
    """
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, eager_mask

    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, eager_mask)
    before = model.config._attn_implementation
    with quiet_loading():
        model.set_attn_implementation(NAME)
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


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **keywords: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """
    Compute attention as PyTorch does, and return its scores before the softmax too.

    :param query: *Shape:* (n_windows, n_heads, n_tokens, n_dimensions); key and value may have fewer heads.
    :returns: What attention gives, *shape:* (n_windows, n_tokens, n_heads, n_dimensions), and its scores, *shape:*
        (n_windows, n_heads, n_tokens, n_tokens).
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    keywords.pop("output_attentions", None)
    attended, _ = sdpa_attention_forward(
        module, query, key, value, attention_mask, scaling=scaling, **{**keywords, "is_causal": False}
    )
    keys = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    return attended, query @ keys.transpose(-1, -2) * scale
