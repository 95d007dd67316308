"""Batches of similar length, bounded by the tokens they hold once padded."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def length_sorted_batches(
    lengths: Sequence[int], max_batch_tokens: int, max_batch_size: int | None = None
) -> Iterator[NDArray[np.int64]]:
    """
    Yield the indices of sequences that are to be padded together, longest first.

    Longest first means that a batch too big for memory fails at once and that a time-left estimate errs upwards.

    :param lengths: Tokens of each sequence.
    :param max_batch_tokens: Most tokens in a padded batch; a single longer sequence is a batch of its own.
    :param max_batch_size: Most sequences in a batch, or None for no such bound.
    :returns: Arrays of indices into `lengths`, int64; together they hold each index once.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    begin = 0
    while begin < len(order):
        size = max(1, max_batch_tokens // max(1, lengths[order[begin]]))
        if max_batch_size is not None:
            size = min(size, max_batch_size)
        yield order[begin : begin + size]
        begin += size


def pad(rows: Sequence[Sequence[int]], value: int) -> NDArray[np.int64]:
    """
    Return `rows` as one right-padded array.

    :returns: *Shape:* (len(rows), longest row), int64.
    """
    array = np.full((len(rows), max(map(len, rows))), value, dtype=np.int64)
    for target, row in zip(array, rows, strict=True):
        target[: len(row)] = row
    return array
