"""What the rest of the project asks of an embedding model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from spanwise.progress import ReportCount
from spanwise.types import EmbedderIdentity

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class Encoder(Protocol):
    """
    An embedding model.

    :param identity: What must agree for two vectors to be comparable.
    """

    identity: EmbedderIdentity

    @property
    def tokenizer(self) -> "Tokenizer":
        """Its tokenizer, without truncation or padding; the splitter measures passages with it."""
        ...

    def encode(self, texts: Sequence[str], *, progress: ReportCount | None = None) -> NDArray[np.float32]:
        """
        Embed passages.

        :param progress: Called with the number of texts finished since the last call.
        :returns: Vectors in the order of `texts`. *Shape:* (len(texts), dimension), float32.
        """
        ...

    def encode_queries(self, questions: Sequence[str]) -> NDArray[np.float32]:
        """
        Embed questions.

        :returns: *Shape:* (len(questions), dimension), float32.
        """
        ...

    def unload(self) -> None:
        """Free what only `encode` needs; its next call loads it again."""
        ...
