"""What the reader asks of the code that runs a model."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spanwise.read.backends.inputs import ModelInputs

TokenArray = NDArray[np.int64]
Logits = tuple[NDArray[np.float32], NDArray[np.float32]]


class Backend(Protocol):
    """
    A loaded question-answering model.

    :param inputs: What it takes.
    :param batch_tokens: Tokens of a padded batch with which it runs best.
    :param in_flight: How many batches it is to be given at once, each by a thread of its own.
    :param pads: Whether windows of different lengths may share a batch; padding changes some models' logits.
    """

    inputs: ModelInputs
    batch_tokens: int
    in_flight: int
    pads: bool

    def logits(self, input_ids: TokenArray, attention_mask: TokenArray, token_type_ids: TokenArray) -> Logits:
        """
        Score every token as the start and as the end of an answer; token types are ignored by a model without them.

        :param input_ids: *Shape:* (n_windows, n_tokens), right-padded.
        :param attention_mask: 1 for a token, 0 for padding. *Shape:* (n_windows, n_tokens).
        :param token_type_ids: *Shape:* (n_windows, n_tokens).
        :returns: Start and end logits. *Shape:* (n_windows, n_tokens) each, float32.
        :raises MemoryError: If the batch is too large for the device; a smaller one may do.
        """
        ...
