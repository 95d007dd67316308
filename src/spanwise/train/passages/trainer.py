"""Train on questions with all the passages that were found for each."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import pad

from spanwise.batching import length_sorted_batches
from spanwise.train.inputs.training_set import Windows
from spanwise.train.loop.qa_trainer import QATrainer, masked_loss

CHUNK_TOKENS = 4096
"""Most tokens, with padding, that go through the model at once; windows that are alike in length go together."""


def shared_loss(
    logits: torch.Tensor, positions: torch.Tensor, nulls: torch.Tensor, padding: torch.Tensor, questions: torch.Tensor
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


class PassagesTrainer(QATrainer):
    """Trains on a question's passages together."""

    def collate(self, batch: Sequence[Windows]) -> dict[str, Any]:
        """
        Return the tensors of a batch of questions, whose windows are put into chunks of like length.

        :returns: chunks, each as the model takes it; and for the windows of all chunks in their order start_positions,
            end_positions, null_positions, the number of their question in the batch, and their own, *shape:*
            (n_windows,), int64 each.
        """
        windows = [(question, window) for question, some in enumerate(batch) for window in some]
        lengths = [len(feature.input_ids) for _, (_, feature) in windows]
        chunks, ordered = [], []
        for places in length_sorted_batches(lengths, CHUNK_TOKENS):
            some = [windows[place] for place in places]
            made = super().collate([[window for _, window in some]])
            chunks.append({name: made[name] for name in made if made[name].dim() > 1})
            ordered.extend(some)
        features = [feature for _, (_, feature) in ordered]
        return {
            "chunks": chunks,
            "start_positions": torch.tensor([feature.start for feature in features]),
            "end_positions": torch.tensor([feature.end for feature in features]),
            "null_positions": torch.tensor([feature.null for feature in features]),
            "question": torch.tensor([question for question, _ in ordered]),
            "window": torch.tensor([number for _, (number, _) in ordered]),
        }

    def batch_loss(self, model: torch.nn.Module, inputs: dict[str, Any]) -> tuple[torch.Tensor, Any]:
        """See `QATrainer.batch_loss`; the batch is in chunks, and the loss partly over all passages of a question."""
        share = self.loaded.job.recipe.shared_normalization
        chunks = inputs["chunks"]
        outputs = [model(**chunk) for chunk in chunks]
        masks = [chunk["attention_mask"] for chunk in chunks]
        padding = _joined(masks, 0) == 0
        questions, nulls = inputs["question"], inputs["null_positions"]
        losses = []
        for side in ("start", "end"):
            logits = _joined([output[f"{side}_logits"] for output in outputs], 0.0)
            positions = inputs[f"{side}_positions"]
            together = shared_loss(logits, positions, nulls, padding, questions)
            apart = masked_loss(logits, positions, padding)
            losses.append(share * together + (1 - share) * apart)
        return torch.stack(losses).mean(), outputs


def _joined(parts: Sequence[torch.Tensor], value: float) -> torch.Tensor:
    """Return the rows of all parts, as wide as the widest."""
    width = max(part.shape[1] for part in parts)
    return torch.cat([pad(part, (0, width - part.shape[1]), value=value) for part in parts])
