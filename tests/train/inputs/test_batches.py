import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spanwise.train.inputs.batches import EpochSampler, collated
from spanwise.train.inputs.training_set import Feature, TrainingSet
from spanwise.train.loop.qa_trainer import masked_loss


def feature(length, start=0, end=0):
    return Feature("q", np.arange(1, length + 1, dtype=np.int32), np.ones(length, dtype=np.int8), start, end, 0)


def order(lengths, epoch=0, *, size=4, seed=1, grouped=True):
    sampler = EpochSampler(lengths, update_size=size, seed=seed, grouped=grouped)
    sampler.set_epoch(epoch)
    return list(sampler)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=300), st.integers(1, 9), st.booleans())
def test_every_window_comes_once_an_epoch(lengths, size, grouped):
    first = order(lengths, size=size, grouped=grouped)
    assert sorted(first) == list(range(len(lengths)))
    assert first == order(lengths, size=size, grouped=grouped)


@pytest.mark.parametrize("grouped", [True, False])
def test_epochs_and_seeds_have_orders_of_their_own(grouped):
    lengths = np.random.default_rng(0).integers(20, 300, 200).tolist()
    orders = [order(lengths, epoch, seed=seed, grouped=grouped) for epoch in range(3) for seed in range(2)]
    assert len({tuple(one) for one in orders}) == 6


def test_grouping_saves_padding_without_sorting_the_epoch():
    lengths = np.random.default_rng(0).integers(20, 300, 2000).tolist()

    def padded(indices):
        batches = [indices[begin : begin + 16] for begin in range(0, len(indices), 16)]
        return sum(len(batch) * max(lengths[index] for index in batch) for batch in batches)

    grouped, plain = (order(lengths, size=16, grouped=kind) for kind in (True, False))
    assert padded(grouped) < 1.1 * sum(lengths) < 1.5 * sum(lengths) < padded(plain)
    means = [np.mean([lengths[index] for index in grouped[begin : begin + 16]]) for begin in range(0, 1984, 16)]
    assert abs(np.corrcoef(means[1:], means[:-1])[0, 1]) < 0.3


def test_a_batch_is_padded_to_its_longest():
    data = TrainingSet([feature(3, 1, 2), feature(5, 4, 4)], [], null_answer=True)
    tensors = collated([data[1], data[0]], 99, takes_types=True)
    assert tensors["input_ids"].tolist() == [[1, 2, 3, 4, 5], [1, 2, 3, 99, 99]]
    assert tensors["attention_mask"].tolist() == [[1] * 5, [1, 1, 1, 0, 0]]
    assert tensors["token_type_ids"].tolist() == [[1] * 5, [1, 1, 1, 0, 0]]
    assert tensors["start_positions"].tolist() == [4, 1]
    assert tensors["end_positions"].tolist() == [4, 2]
    assert tensors["window"].tolist() == [1, 0]
    assert {tensor.dtype for tensor in tensors.values()} == {torch.int64}
    assert "token_type_ids" not in collated([data[0]], 0, takes_types=False)


def test_a_question_is_seen_with_all_its_windows():
    data = TrainingSet([feature(3), feature(5), feature(2)], [], null_answer=True, questions=[range(2), range(2, 3)])
    assert len(data) == 2
    assert [[number for number, _ in data[index]] for index in range(2)] == [[0, 1], [2]]
    assert data.lengths() == [8, 2]


def test_the_loss_of_a_window_does_not_depend_on_its_padding():
    logits, positions = torch.randn(2, 7), torch.tensor([1, 3])
    alone = masked_loss(logits[:, :4], positions, torch.zeros(2, 4, dtype=torch.bool))
    padding = torch.zeros(2, 7, dtype=torch.bool)
    padding[:, 4:] = True
    torch.testing.assert_close(masked_loss(logits, positions, padding), alone)
    by_hand = -torch.log_softmax(logits[:, :4], 1)[[0, 1], positions].mean()
    torch.testing.assert_close(alone, by_hand)
