"""The loss over all passages of a question together."""

import torch


def shared_loss(
    logits: torch.Tensor,
    positions: torch.Tensor,
    nulls: torch.Tensor,
    padding: torch.Tensor,
    questions: torch.Tensor,
) -> torch.Tensor:
    """
    Return the mean negative log-likelihood of the right places under one softmax over all windows of a question.

    Shared normalization (Clark and Gardner 2018, "Simple and Effective Multi-Paragraph Reading Comprehension", section
    3.3), of margins: spans of different windows are ranked by how far each beats its own window's "no answer". So every
    token counts by its logit less that of its window's "no answer", and beside the tokens of all windows stands one "no
    answer" of 0. Of several right places the probabilities are summed. For a question of one window it is the
    cross-entropy of that window.

    :param logits: Of starts, or of ends. *Shape:* (n_windows, n_tokens), float.
    :param positions: Of the right token; that of "no answer" in a window without one. *Shape:* (n_windows,), int64.
    :param nulls: Positions of "no answer". *Shape:* (n_windows,), int64.
    :param padding: True for padding. *Shape:* (n_windows, n_tokens), bool.
    :param questions: Which question a window is of, from 0. *Shape:* (n_windows,), int64.
    :returns: In nats, over the questions. *Shape:* ().
    """
    scores = logits.float()
    margins = scores - scores.gather(1, nulls[:, None])
    right = margins.gather(1, positions[:, None])[:, 0]
    tokens = margins.masked_fill(padding, -torch.inf).scatter(1, nulls[:, None], -torch.inf)
    count = int(questions.max()) + 1
    of_question = questions[None, :] == torch.arange(count, device=questions.device)[:, None]
    answered = of_question & (positions != nulls)[None, :]
    everything = _log_sum(tokens.logsumexp(dim=1), of_question, torch.zeros(count, device=logits.device))
    null = torch.zeros(count, device=logits.device).masked_fill(answered.any(dim=1), -torch.inf)
    return (everything - _log_sum(right, answered, null)).mean()


def _log_sum(values: torch.Tensor, members: torch.Tensor, null: torch.Tensor) -> torch.Tensor:
    """
    Return for each question the logarithm of the summed exponentials of its windows' values and of its "no answer".

    :param values: *Shape:* (n_windows,).
    :param members: *Shape:* (n_questions, n_windows), bool.
    :param null: *Shape:* (n_questions,).
    """
    own = values[None, :].expand(members.shape).masked_fill(~members, -torch.inf)
    return torch.cat((own, null[:, None]), dim=1).logsumexp(dim=1)
