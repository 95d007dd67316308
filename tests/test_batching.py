import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spanwise.batching import length_sorted_batches, pad

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
