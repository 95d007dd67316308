"""Batches of similar length, bounded by the tokens they hold once padded, and their computation ahead of their use."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")
Result = TypeVar("Result")


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


def pad(rows: Sequence[Sequence[int] | NDArray[np.integer]], value: int) -> NDArray[np.int64]:
    """
    Return `rows` as one right-padded array.

    :returns: *Shape:* (len(rows), longest row), int64.
    """
    array = np.full((len(rows), max(map(len, rows))), value, dtype=np.int64)
    for target, row in zip(array, rows, strict=True):
        target[: len(row)] = row
    return array


def look_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[tuple[Item, Callable[[], Result]]]:
    """
    Compute results in threads while earlier ones are being used.

    :param items: Taken a few at a time, so that there may be any number of them.
    :param threads: How many results are computed at once.
    :returns: The items in their order, each with a function that waits for its result, and raises what went wrong.
    """
    pool = ThreadPoolExecutor(threads)
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(function, item)))
            if len(waiting) > 2 * threads:
                first, future = waiting.popleft()
                yield first, future.result
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result
    finally:
        pool.shutdown(cancel_futures=True)
