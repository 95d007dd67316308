"""What the reader asks of the code that runs a model."""

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Logits = tuple[NDArray[np.float32], NDArray[np.float32]]


class Backend(Protocol):
    """
    A loaded question-answering model.

    :param tokenizer: Its tokenizer, without truncation or padding.
    :param max_positions: Most tokens in a window, special tokens included.
    :param pad_id: The token that fills a batch.
    :param batch_tokens: Tokens of a padded batch with which it runs best.
    """

    tokenizer: "Tokenizer"
    max_positions: int
    pad_id: int
    batch_tokens: int

    def logits(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64], token_type_ids: NDArray[np.int64]
    ) -> Logits:
        """
        Score every token as the start and as the end of an answer; token types are ignored by a model without them.

        :param input_ids: *Shape:* (n_windows, n_tokens), right-padded.
        :param attention_mask: 1 for a token, 0 for padding. *Shape:* (n_windows, n_tokens).
        :param token_type_ids: *Shape:* (n_windows, n_tokens).
        :returns: Start and end logits. *Shape:* (n_windows, n_tokens) each, float32.
        """
        ...
