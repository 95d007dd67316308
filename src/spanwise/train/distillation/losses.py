"""Losses between a student and its teacher."""

import torch
from torch.nn.functional import kl_div, log_softmax, softmax


def soft_loss(student: torch.Tensor, teachers: torch.Tensor, padding: torch.Tensor, temperature: float) -> torch.Tensor:
    """
    Return the mean divergence KL(teacher || student) between distributions over the tokens of a window.

    Logits are divided by the temperature T; the divergence is multiplied by T², which keeps its gradients as large as
    those of the loss against right answers whatever T is (Hinton et al. 2015, "Distilling the Knowledge in a Neural
    Network", section 2). The probabilities of several teachers are averaged.

    :param student: Logits. *Shape:* (n_windows, n_tokens), float.
    :param teachers: Logits. *Shape:* (n_windows, n_teachers, n_tokens), float.
    :param padding: True for padding, which has no share in any distribution. *Shape:* (n_windows, n_tokens), bool.
    :returns: At least 0, in nats. *Shape:* ().
    """
    lowest = torch.finfo(torch.float32).min
    given = (student.float() / temperature).masked_fill(padding, lowest)
    wanted = (teachers.float() / temperature).masked_fill(padding[:, None], lowest)
    divergence = kl_div(log_softmax(given, dim=-1), softmax(wanted, dim=-1).mean(dim=1), reduction="none")
    return divergence.masked_fill(padding, 0.0).sum(dim=-1).mean() * temperature**2


def hidden_loss(student: torch.Tensor, teacher: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """
    Return the mean squared difference of hidden states (Jiao et al. 2020, "TinyBERT", equations 8 and 9).

    :param student: In the teacher's width. *Shape:* (n_windows, n_tokens, n_hidden), float.
    :param teacher: *Shape:* (n_windows, n_tokens, n_hidden), float.
    :param padding: True for padding, which does not count. *Shape:* (n_windows, n_tokens), bool.
    :returns: *Shape:* ().
    """
    squared = (student.float() - teacher.float()).square().mean(dim=-1)
    return squared[~padding].mean()


def attention_loss(student: torch.Tensor, teacher: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
    """
    Return the mean squared difference of attention scores, head by head (Jiao et al. 2020, "TinyBERT", equation 7).

    Scores are compared as they are before the softmax, as that paper does: after it, most are so near to 0 that their
    differences teach next to nothing.

    :param student: *Shape:* (n_windows, n_heads, n_tokens, n_tokens), float.
    :param teacher: *Shape:* (n_windows, n_heads, n_tokens, n_tokens), float.
    :param padding: True for padding, which neither attends nor is attended to. *Shape:* (n_windows, n_tokens), bool.
    :returns: *Shape:* ().
    """
    squared = (student.float() - teacher.float()).square().mean(dim=1)
    both = ~padding[:, :, None] & ~padding[:, None, :]
    return squared[both].mean()
