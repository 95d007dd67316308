"""Attention by plain matrix products: it is fast in bfloat16 on a CPU, and its scores can be had."""

from typing import TYPE_CHECKING, Any

import torch

from spanwise.runtime.hub import quiet_loading

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NAME = "spanwise_products"


def attend_by_products(model: "PreTrainedModel") -> None:
    """
    Have a model compute its attention by matrix products that stay in bfloat16.

    PyTorch's fused attention goes back through bfloat16 on a CPU slowly (two fifths of all time of a MiniLM in
    training), and transformers' own products add a mask of float32 to the scores, which doubles what is moved.

    :param model: Whose attention can be replaced; another keeps its own.
    """
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, eager_mask

    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, eager_mask)
    with quiet_loading():
        model.set_attn_implementation(NAME)


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """
    Compute attention (Vaswani et al. 2017, equation 1).

    :param query: *Shape:* (n_windows, n_heads, n_tokens, n_dimensions); key and value may have fewer heads.
    :param attention_mask: Added to the scores. *Shape:* (n_windows or 1, 1, n_tokens, n_tokens).
    :returns: What attention gives, *shape:* (n_windows, n_tokens, n_heads, n_dimensions), and its scores before the
        softmax, *shape:* (n_windows, n_heads, n_tokens, n_tokens).
    """
    windows, heads, tokens, width = query.shape
    scale = width**-0.5 if scaling is None else scaling
    repeats = heads // key.shape[1]
    queries, keys, values = (
        part.reshape(windows * heads, tokens, width)
        for part in (query, key.repeat_interleave(repeats, dim=1), value.repeat_interleave(repeats, dim=1))
    )
    if attention_mask is None:
        scores = torch.bmm(queries, keys.transpose(1, 2)) * scale
    else:
        # Half of the lowest number, since that of float32 would be minus infinity in bfloat16.
        mask = attention_mask.clamp_min(torch.finfo(queries.dtype).min / 2).to(queries.dtype)
        mask = mask.expand(windows, heads, tokens, tokens).reshape(windows * heads, tokens, tokens)
        scores = torch.baddbmm(mask, queries, keys.transpose(1, 2), alpha=scale)
    shares = torch.nn.functional.dropout(scores.softmax(dim=-1), dropout, training=module.training)
    attended = torch.bmm(shares, values).view(windows, heads, tokens, width)
    return attended.transpose(1, 2).contiguous(), scores.view(windows, heads, tokens, tokens)
