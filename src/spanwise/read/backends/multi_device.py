"""One reader on several devices, each of which reads a share of the windows."""

from collections.abc import Sequence
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from spanwise.read.backends.base import Backend, Logits


class MultiDevice:
    """
    Gives each batch to a device that is free.

    :param backends: The same model on each device, at least one.
    """

    def __init__(self, backends: Sequence[Backend]) -> None:
        first = backends[0]
        self.inputs, self.pads = first.inputs, first.pads
        self.batch_tokens = min(backend.batch_tokens for backend in backends)
        self.in_flight = sum(backend.in_flight for backend in backends)
        self._free: SimpleQueue[Backend] = SimpleQueue()
        # Each as often as it takes batches at once, so that all have one before any has two.
        for turn in range(max(backend.in_flight for backend in backends)):
            for backend in backends:
                if turn < backend.in_flight:
                    self._free.put(backend)

    def logits(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64], token_type_ids: NDArray[np.int64]
    ) -> Logits:
        """See `spanwise.read.backends.base.Backend.logits`."""
        backend = self._free.get()
        try:
            return backend.logits(input_ids, attention_mask, token_type_ids)
        finally:
            self._free.put(backend)
