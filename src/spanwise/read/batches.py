"""Run windows through a model in padded batches; smaller ones where memory runs out."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from spanwise.batching import length_sorted_batches, look_ahead, pad
from spanwise.errors import ModelError
from spanwise.read.backends.base import Backend, Logits

logger = logging.getLogger(__name__)

# Texts are cut into windows this many characters at a time, so that the windows of all never stand in memory at once,
PART_CHARACTERS = 2**19
CHARACTERS_PER_BATCH_TOKEN = 16  # but no fewer than fill a few batches.


class TokenRow(Protocol):
    """What is run as one row of a batch: a window's tokens and their types."""

    @property
    def input_ids(self) -> Sequence[int] | NDArray[np.integer]:
        """Token ids."""

    @property
    def type_ids(self) -> Sequence[int] | NDArray[np.integer]:
        """Token types, as long as `input_ids`."""


RowType = TypeVar("RowType", bound=TokenRow)


class BatchRunner:
    """
    Gives the logits of windows, a batch at a time.

    :param max_tokens: Most tokens in a padded batch, or None for what suits the backend.
    :param max_windows: Most windows in a batch, or None for no such bound.
    """

    def __init__(self, backend: Backend, *, max_tokens: int | None = None, max_windows: int | None = None) -> None:
        self._backend = backend
        self.max_tokens = backend.batch_tokens if max_tokens is None else max_tokens
        self._max_windows = max_windows
        self._warned = False

    def parts(self, sizes: Sequence[int]) -> Iterator[range]:
        """
        Yield ranges of texts whose windows may stand in memory at once.

        :param sizes: Characters of each text; one that is larger than a part is a part of its own.
        """
        most = max(PART_CHARACTERS, CHARACTERS_PER_BATCH_TOKEN * self.max_tokens)
        begin, held = 0, 0
        for index, size in enumerate(sizes):
            if held and held + size > most:
                yield range(begin, index)
                begin, held = index, 0
            held += size
        if begin < len(sizes):
            yield range(begin, len(sizes))

    def run(self, windows: Sequence[RowType]) -> Iterator[tuple[list[RowType], Logits]]:
        """
        Yield the windows of each batch with their start and end logits; no batch is held on to.

        :raises ModelError: If the memory is too small for one window.
        """
        planned = (part for batch in self._plan(windows) for part in self._halved(batch))
        for batch, logits in look_ahead(self._logits, planned, self._backend.in_flight):
            yield from self._computed(batch, logits)

    def _computed(self, batch: list[RowType], logits: Callable[[], Logits]) -> Iterator[tuple[list[RowType], Logits]]:
        """Yield a batch, in parts where it does not fit into memory."""
        try:
            found = logits()
        except MemoryError as error:
            self._shrink(batch, error)
        else:
            yield batch, found
            return
        for part in self._halved(batch):
            yield from self._computed(part, partial(self._logits, part))

    def _halved(self, batch: list[RowType]) -> Iterator[list[RowType]]:
        """Yield a batch, halved until its parts are no larger than has been found to fit."""
        if len(batch) == 1 or _padded_tokens(batch) <= self.max_tokens:
            yield batch
            return
        middle = (len(batch) + 1) // 2
        yield from self._halved(batch[:middle])
        yield from self._halved(batch[middle:])

    def _plan(self, windows: Sequence[RowType]) -> Iterator[list[RowType]]:
        lengths = [len(window.input_ids) for window in windows]
        for indices in length_sorted_batches(lengths, self.max_tokens, self._max_windows):
            batch = [windows[index] for index in indices]
            if self._backend.pads:
                yield batch
            else:
                for _, alike in groupby(batch, key=lambda window: len(window.input_ids)):
                    yield list(alike)

    def _logits(self, batch: Sequence[TokenRow]) -> Logits:
        ids = pad([window.input_ids for window in batch], self._backend.inputs.pad_id)
        mask = pad([[1] * len(window.input_ids) for window in batch], 0)
        types = pad([window.type_ids for window in batch], 0)
        return self._backend.logits(ids, mask, types)

    def _shrink(self, batch: Sequence[TokenRow], error: MemoryError) -> None:
        if len(batch) == 1:
            msg = (
                f"expected memory for one window of {len(batch[0].input_ids)} tokens, found too little ({error}); "
                "pass a smaller max_seq_length and stride, or device='cpu'"
            )
            raise ModelError(msg) from error
        self.max_tokens = min(self.max_tokens, _padded_tokens(batch) // 2)
        if not self._warned:
            logger.warning(
                "expected memory for a batch of %d tokens, found too little; going on with smaller batches; "
                "pass max_batch_tokens=%d to start with them",
                _padded_tokens(batch),
                self.max_tokens,
            )
            self._warned = True


def require_finite(model: str, start: np.ndarray, end: np.ndarray) -> None:
    """
    Refuse the logits of a broken model, from which nothing follows.

    :param start: Of one window, padding left out.
    :raises ModelError: If there is a NaN or a positive infinity among them.
    """
    for values in (start, end):
        wrong = values[np.isnan(values) | np.isposinf(values)]
        if len(wrong):
            msg = (
                f"expected finite logits from {model!r}, found {wrong[0]}; its weights are damaged, or its numbers too "
                "large for float16: pass model_kwargs={'dtype': 'float32'}"
            )
            raise ModelError(msg)


def _padded_tokens(batch: Sequence[TokenRow]) -> int:
    return len(batch) * max(len(window.input_ids) for window in batch)
