import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.batching import length_sorted_batches, look_ahead, pad

LENGTHS = st.lists(st.integers(0, 400), max_size=3) | st.lists(st.integers(0, 400), min_size=30, max_size=80)


@given(LENGTHS, st.integers(1, 3000), st.none() | st.integers(1, 10))
def test_batches_are_a_partition_within_the_bounds(lengths, max_batch_tokens, max_batch_size):
    batches = list(length_sorted_batches(lengths, max_batch_tokens, max_batch_size))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[index] for index in batch)
        assert len(batch) == 1 or len(batch) * longest <= max_batch_tokens
        assert max_batch_size is None or len(batch) <= max_batch_size


@given(LENGTHS, st.integers(1, 3000))
def test_the_longest_come_first_and_equal_ones_keep_their_order(lengths, max_batch_tokens):
    order = [int(index) for batch in length_sorted_batches(lengths, max_batch_tokens) for index in batch]
    assert order == sorted(range(len(lengths)), key=lambda index: -lengths[index])


def test_batches_are_as_full_as_the_bound_allows():
    assert [len(batch) for batch in length_sorted_batches([10] * 25, 100)] == [10, 10, 5]


@given(st.lists(st.lists(st.integers(0, 9), max_size=7), min_size=1, max_size=6))
def test_padding_stands_on_the_right(rows):
    array = pad(rows, -1)
    assert array.shape == (len(rows), max(map(len, rows)))
    assert array.dtype == np.int64
    for found, row in zip(array.tolist(), rows, strict=True):
        assert found == row + [-1] * (array.shape[1] - len(row))


@given(st.lists(st.integers(), max_size=30), st.integers(1, 4))
def test_results_come_in_the_order_of_the_items(items, threads):
    found = [(item, result()) for item, result in look_ahead(lambda item: item + 1, items, threads)]
    assert found == [(item, item + 1) for item in items]


def test_later_results_are_computed_while_an_earlier_one_is_used():
    begun = {number: threading.Event() for number in range(4)}
    for number, result in look_ahead(lambda item: begun[item].set(), range(4), 1):
        result()
        if number == 0:
            assert begun[1].wait(60)


def test_as_many_threads_compute_at_once():
    together = threading.Barrier(3, timeout=60)
    results = [result() for _, result in look_ahead(lambda _: together.wait(), range(3), 3)]
    assert sorted(results) == [0, 1, 2]


def test_items_are_taken_a_few_at_a_time():
    taken = []
    ahead = look_ahead(lambda item: item, (taken.append(number) or number for number in range(1000)), 2)
    next(ahead)
    assert len(taken) < 10
    ahead.close()


def test_an_error_is_raised_where_its_result_is_wanted():
    def invert(item):
        return 1 / item

    results = look_ahead(invert, [1, 0, 2], 2)
    assert next(results)[1]() == 1
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        next(results)[1]()
    assert next(results)[1]() == 0.5


def test_what_is_left_unread_is_not_computed():
    begun = []
    ahead = look_ahead(begun.append, range(100), 1)
    next(ahead)[1]()
    ahead.close()
    assert len(begun) < 10
