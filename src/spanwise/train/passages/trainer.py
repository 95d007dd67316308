"""Trains on questions with all the passages that were found for each."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import pad

from spanwise.batching import length_sorted_batches
from spanwise.train.inputs.batches import Windows
from spanwise.train.loop.qa_trainer import QATrainer, masked_loss
from spanwise.train.passages.losses import shared_loss

CHUNK_TOKENS = 4096
"""Most tokens, with padding, that go through the model at once; windows that are alike in length go together."""


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
        share = self.recipe.shared_normalization
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
