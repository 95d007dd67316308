"""Batches of windows, and the order in which they are seen."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler

from spanwise.batching import pad
from spanwise.train.inputs.training_set import Windows

MEGA_BATCHES = 50  # updates among whose windows those of like length are sought; as transformers' Trainer does


def collated(batch: Sequence[Windows], pad_id: int, *, takes_types: bool) -> dict[str, torch.Tensor]:
    """
    Return a batch's tensors, int64; its windows are padded to the longest of them.

    :param pad_id: The token that fills a batch.
    :param takes_types: Whether the model is given token types.
    :returns: input_ids, attention_mask and, where the model takes them, token_type_ids, *shape:* (n_windows, n_tokens);
        start_positions, end_positions and the windows' numbers, *shape:* (n_windows,).
    """
    windows = [window for some in batch for window in some]
    features = [feature for _, feature in windows]
    rows = {
        "input_ids": pad([feature.input_ids for feature in features], pad_id),
        "attention_mask": pad([[1] * len(feature.input_ids) for feature in features], 0),
    }
    if takes_types:
        rows["token_type_ids"] = pad([feature.type_ids for feature in features], 0)
    tensors = {name: torch.from_numpy(array) for name, array in rows.items()}
    tensors["start_positions"] = torch.tensor([feature.start for feature in features])
    tensors["end_positions"] = torch.tensor([feature.end for feature in features])
    tensors["window"] = torch.tensor([number for number, _ in windows])
    return tensors


class EpochSampler(Sampler[int]):
    """
    An order of windows that follows from the seed and the epoch alone, so that an interrupted epoch can be taken up.

    :param lengths: Tokens of each window.
    :param update_size: Windows of one update; they are of like length where `grouped`.
    :param seed: With the epoch it decides the order.
    :param grouped: Whether to put windows of like length together: windows drawn at random for 50 updates are sorted by
        length and cut into updates, which come in random order.
    """

    def __init__(self, lengths: Sequence[int], *, update_size: int, seed: int, grouped: bool) -> None:
        self._lengths = torch.tensor(lengths)
        self._update_size = update_size
        self._seed = seed
        self._grouped = grouped
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next; Trainer and accelerate call this too."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        order = torch.randperm(len(self._lengths), generator=generator)
        if self._grouped:
            parts = torch.split(order, MEGA_BATCHES * self._update_size)
            by_length = [torch.argsort(self._lengths[part], descending=True, stable=True) for part in parts]
            order = torch.cat([part[ranked] for part, ranked in zip(parts, by_length, strict=True)])
            updates = torch.split(order, self._update_size)
            full = [update for update in updates if len(update) == self._update_size]
            shuffled = torch.randperm(len(full), generator=generator).tolist()
            order = torch.cat([*(full[index] for index in shuffled), *updates[len(full) :]])
        return iter(order.tolist())
