"""Project a student's hidden states to the width of its teacher's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NAME = "distillation_projection"


@contextmanager
def projecting(
    model: "PreTrainedModel", own: tuple[int, int], wanted: tuple[int, int]
) -> Iterator[list[list[int]] | None]:
    """
    Have a model give hidden states of another width, by matrices that are learned with it.

    So does TinyBERT (Jiao et al. 2020, equations 8 and 9): there is one matrix for the embeddings and one for all
    layers. They are part of the model for as long, and so of its checkpoints.

    :param own: Widths of its embeddings and of its layers.
    :param wanted: Those that they are to have.
    :returns: Both, or None where they are the same and nothing is learned.
    """
    if own == wanted:
        yield None
        return
    embeddings, layers = (torch.nn.Linear(*pair, bias=False) for pair in zip(own, wanted, strict=True))
    model.add_module(NAME, torch.nn.ModuleList([embeddings, layers]))

    def project(_module: torch.nn.Module, _inputs: Any, outputs: Any) -> Any:
        first, *others = outputs.hidden_states
        outputs["hidden_states"] = embeddings(first), *(layers(states) for states in others)
        return outputs

    handle = model.register_forward_hook(project)
    try:
        yield [list(own), list(wanted)]
    finally:
        handle.remove()
        delattr(model, NAME)
