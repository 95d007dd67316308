import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spanwise.train.distillation.intermediate import attention_loss, hidden_loss
from spanwise.train.distillation.prediction import soft_loss

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)


def no_padding(windows, tokens):
    return torch.zeros(windows, tokens, dtype=torch.bool)


def drawn(seed, *shape):
    return 5 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def padded(windows, tokens, seed):
    """Return padding of any length behind at least one token."""
    lengths = torch.randint(1, tokens + 1, (windows,), generator=torch.Generator().manual_seed(seed))
    return torch.arange(tokens) >= lengths[:, None]


def test_the_soft_loss_by_hand():
    # Probabilities 3/4 and 1/4 of the teacher, 1/2 and 1/2 of the student.
    student, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[[math.log(3.0), 0.0]]])
    expected = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert soft_loss(student, teacher, no_padding(1, 2), 1.0).item() == pytest.approx(expected, rel=1e-5)
    # At a temperature of 2 the teacher's odds are sqrt(3) to 1, and the divergence counts fourfold.
    share = math.sqrt(3) / (1 + math.sqrt(3))
    expected = 4 * (share * math.log(2 * share) + (1 - share) * math.log(2 * (1 - share)))
    assert soft_loss(student, teacher, no_padding(1, 2), 2.0).item() == pytest.approx(expected, rel=1e-5)


def test_the_soft_loss_is_a_mean_over_windows():
    student, teacher = torch.zeros(2, 2), torch.tensor([[[math.log(3.0), 0.0]], [[0.0, 0.0]]])
    first = soft_loss(student[:1], teacher[:1], no_padding(1, 2), 1.0)
    assert soft_loss(student, teacher, no_padding(2, 2), 1.0).item() == pytest.approx(first.item() / 2)


def test_teachers_are_averaged_as_probabilities():
    # 3/4 and 1/4 of one teacher, 1/2 and 1/2 of the other: together 5/8 and 3/8.
    student, teachers = torch.tensor([[math.log(5 / 3), 0.0]]), torch.tensor([[[math.log(3.0), 0.0], [0.0, 0.0]]])
    assert soft_loss(student, teachers, no_padding(1, 2), 1.0).item() == pytest.approx(0.0, abs=1e-6)


@given(seeds, sizes, sizes, st.floats(0.3, 5.0))
def test_the_soft_loss_is_no_less_than_zero_and_zero_among_equals(seed, windows, tokens, temperature):
    student, teacher, padding = (
        drawn(seed, windows, tokens),
        drawn(seed + 1, windows, 1, tokens),
        no_padding(windows, tokens),
    )
    assert soft_loss(student, teacher, padding, temperature).item() >= -1e-4
    assert soft_loss(student, student[:, None], padding, temperature).item() == pytest.approx(0.0, abs=1e-4)
    # What the softmax cannot tell apart makes no difference.
    assert soft_loss(student, student[:, None] + 3, padding, temperature).item() == pytest.approx(0.0, abs=1e-4)


@given(seeds, sizes, sizes)
def test_padding_makes_no_difference(seed, windows, tokens):
    padding = padded(windows, tokens, seed)
    student, teacher = drawn(seed, windows, tokens, 3), drawn(seed + 1, windows, tokens, 3)
    noise = padding[..., None] * drawn(seed + 2, windows, tokens, 3)
    plain, noisy = (
        soft_loss(student[..., 0] + some[..., 0], teacher[:, None, :, 0] + some[:, None, :, 1], padding, 1.5)
        for some in (0 * noise, noise)
    )
    assert noisy.item() == pytest.approx(plain.item(), abs=1e-5)
    assert hidden_loss(student + noise, teacher, padding).item() == pytest.approx(
        hidden_loss(student, teacher, padding).item(), rel=1e-5
    )
    scores, others = drawn(seed, windows, 2, tokens, tokens), drawn(seed + 1, windows, 2, tokens, tokens)
    either = padding[:, None, None, :] | padding[:, None, :, None]
    blurred = scores + either * drawn(seed + 2, windows, 2, tokens, tokens)
    assert attention_loss(blurred, others, padding).item() == pytest.approx(
        attention_loss(scores, others, padding).item(), rel=1e-5
    )


def test_hidden_states_and_attention_by_hand():
    student, teacher = torch.zeros(1, 2, 2), torch.tensor([[[1.0, 1.0], [3.0, 1.0]]])
    assert hidden_loss(student, teacher, no_padding(1, 2)).item() == pytest.approx((1 + 1 + 9 + 1) / 4)
    assert hidden_loss(student, teacher, torch.tensor([[False, True]])).item() == pytest.approx(1.0)
    scores = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]]])
    none = torch.zeros(1, 2, 2, 2)
    assert attention_loss(none, scores, no_padding(1, 2)).item() == pytest.approx((1 + 4 + 9 + 16) / 8)
    assert attention_loss(none, scores, torch.tensor([[False, True]])).item() == pytest.approx(1 / 2)


@pytest.mark.parametrize("loss", [hidden_loss, attention_loss])
def test_layers_that_are_equal_lose_nothing(loss):
    states = drawn(3, 2, 4, 4) if loss is hidden_loss else drawn(3, 2, 3, 4, 4)
    assert loss(states, states, no_padding(2, 4)).item() == 0.0
    assert loss(states, states + 1, no_padding(2, 4)).item() == pytest.approx(1.0, rel=1e-4)


def test_temperature_leaves_the_gradient_as_large():
    """Hinton's reason for T squared: far above the logits, the gradient no longer depends on T."""
    teacher, padding = drawn(5, 1, 1, 4) / 5, no_padding(1, 4)
    lengths = []
    for temperature in (50.0, 100.0):
        student = (drawn(6, 1, 4) / 5).requires_grad_()
        soft_loss(student, teacher, padding, temperature).backward()
        lengths.append(student.grad.norm().item())
    assert lengths[0] > 0.01
    assert lengths[1] == pytest.approx(lengths[0], rel=0.05)
