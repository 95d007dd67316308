import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from spanwise.train.passages.trainer import shared_loss


def by_hand(logits, positions, nulls, lengths, questions):
    """Sum the probabilities of every place of every window of a question, one after the other."""
    losses = []
    for question in sorted(set(questions)):
        everything, right = 1.0, 0.0
        for row, of in enumerate(questions):
            if of != question:
                continue
            for token in range(lengths[row]):
                if token != nulls[row]:
                    chance = math.exp(logits[row][token] - logits[row][nulls[row]])
                    everything += chance
                    right += chance if token == positions[row] else 0.0
        losses.append(-math.log((right or 1.0) / everything))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_one_softmax_over_all_places_of_a_question(seed):
    generator = torch.Generator().manual_seed(seed)
    questions, lengths = [0, 1, 0, 2, 1, 0], [7, 5, 3, 4, 7, 6]
    logits = 3 * torch.randn(6, 7, generator=generator)
    nulls = [0, 2, 0, 1, 0, 3]
    positions = [4, 2, 2, 1, 6, 3]  # question 0 has two right places, 1 has one, 2 has none
    padding = torch.arange(7)[None, :] >= torch.tensor(lengths)[:, None]
    found = shared_loss(logits, torch.tensor(positions), torch.tensor(nulls), padding, torch.tensor(questions))
    assert found.item() == pytest.approx(by_hand(logits.tolist(), positions, nulls, lengths, questions), rel=1e-5)


def test_of_one_window_it_is_its_cross_entropy():
    logits = torch.tensor([[0.3, 2.0, -1.0, 0.5]])
    for position in range(4):
        places = torch.tensor([position])
        found = shared_loss(logits, places, torch.tensor([0]), torch.zeros(1, 4, dtype=torch.bool), torch.tensor([0]))
        torch.testing.assert_close(found, cross_entropy(logits, places))


def test_it_raises_the_right_place_above_those_of_other_passages():
    logits = torch.zeros(2, 3, requires_grad=True)
    shared_loss(
        logits, torch.tensor([1, 0]), torch.tensor([0, 0]), torch.zeros(2, 3, dtype=torch.bool), torch.tensor([0, 0])
    ).backward()
    gradient = logits.grad
    assert gradient[0, 1] < 0
    assert all(gradient[row, token] > 0 for row, token in ((0, 2), (1, 1), (1, 2)))
    # What stands against a passage is its own "no answer": of the right one it is lowered, of the other raised.
    assert gradient[0, 0] > 0 > gradient[1, 0]
    assert torch.isfinite(gradient).all()


def test_a_shift_of_one_window_changes_nothing():
    generator = torch.Generator().manual_seed(5)
    logits = torch.randn(3, 5, generator=generator)
    rest = torch.tensor([2, 0, 0]), torch.zeros(3, dtype=torch.int64), torch.zeros(3, 5, dtype=torch.bool)
    moved = logits + torch.tensor([[4.0], [0.0], [-7.0]])
    questions = torch.zeros(3, dtype=torch.int64)
    torch.testing.assert_close(shared_loss(moved, *rest, questions), shared_loss(logits, *rest, questions))
