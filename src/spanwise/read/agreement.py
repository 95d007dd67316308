"""How well two ways to run a reader agree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spanwise.read.backends.base import Backend, Logits
from spanwise.read.windows import Window, WindowBuilder

MAX_SEQ_LENGTH, STRIDE, MAX_ANSWER_LENGTH = 384, 128, 30


@dataclass(frozen=True, slots=True)
class Agreement:
    """
    What a comparison found.

    :param windows: How many were compared.
    :param largest_difference: Between the logits of a token.
    :param mean_difference: Mean of the absolute differences.
    :param same_best: Windows whose best span is the same.
    """

    windows: int
    largest_difference: float
    mean_difference: float
    same_best: int


def compare(backend: Backend, reference: Backend, pairs: Sequence[tuple[str, str]]) -> Agreement:
    """
    Run the windows of some passages through both, one at a time.

    :param pairs: (question, passage) each.
    """
    length = min(MAX_SEQ_LENGTH, backend.max_positions)
    builder = WindowBuilder(
        reference.tokenizer, reference.pair_format, max_seq_length=length, stride=length * STRIDE // MAX_SEQ_LENGTH
    )
    differences: list[NDArray[np.float32]] = []
    same = 0
    for window in builder.build(pairs):
        found, expected = (_logits(model, window) for model in (backend, reference))
        differences.append(np.abs(np.stack(found) - np.stack(expected)).ravel())
        same += _best_span(window, found) == _best_span(window, expected)
    every = np.concatenate(differences)
    return Agreement(len(differences), float(every.max()), float(every.mean()), same)


def _logits(backend: Backend, window: Window) -> Logits:
    rows = window.input_ids, [1] * len(window.input_ids), window.type_ids
    starts, ends = backend.logits(*(np.array([row], dtype=np.int64) for row in rows))
    return starts[0], ends[0]


def _best_span(window: Window, logits: Logits) -> tuple[int, int]:
    inside = slice(window.first, window.first + window.end - window.begin)
    start, end = (values[inside] for values in logits)
    reach = np.subtract.outer(np.arange(len(start)), np.arange(len(start)))
    scores = np.where((reach <= 0) & (reach > -MAX_ANSWER_LENGTH), start[:, None] + end, -np.inf)
    first, last = divmod(int(scores.argmax()), len(start))
    return first, last
