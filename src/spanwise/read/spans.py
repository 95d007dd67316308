"""Find the best answer spans in windows' logits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spanwise.types import Span

_EPSILON = float(np.finfo(np.float64).epsneg)
GRIDS_AT_ONCE = 64  # 6 MB, for windows of 384 tokens and answers of 30

Scores = NDArray[np.float64]
Characters = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ScoredWindow:
    """
    What a model says of the passage tokens in one window.

    :param start: Start logits. *Shape:* (n_tokens,).
    :param end: End logits. *Shape:* (n_tokens,).
    :param begins: Where an answer from each token begins, in characters. *Shape:* (n_tokens,).
    :param ends: Where an answer up to each token ends, in characters. *Shape:* (n_tokens,).
    :param earliest: The first place where an answer from each token may end, behind its beginning. *Shape:*
        (n_tokens,).
    :param latest: The last. *Shape:* (n_tokens,).
    :param null: Start plus end logit of "no answer"; for a model that has no such answer, the logarithm of the summed
        exponentials of start plus end logit over all pairs of tokens in the window.
    :param null_answer: Which of the two `null` is.
    """

    start: Scores
    end: Scores
    begins: Characters
    ends: Characters
    earliest: Characters
    latest: Characters
    null: float
    null_answer: bool = True

    def null_logits(self, sums: Scores) -> Scores | float:
        """
        Return what stands against spans: the "no answer", or where a model has none, all other pairs of tokens.

        Against the latter a margin is log(p / (1 - p)), p being the softmax probability of the start times that of the
        end, which is what such a model was trained to raise.

        :param sums: Start plus end logit of each span.
        :returns: As many null logits, or one for all.
        """
        if self.null_answer:
            return self.null
        log_probability = np.minimum(sums - self.null, -_EPSILON)
        return np.asarray(self.null + np.log(-np.expm1(log_probability)))


class SpanGrid:
    """
    The margins of all spans of one window, from which the best is taken again and again.

    :param max_answer_length: Most tokens in a span.
    """

    def __init__(self, window: ScoredWindow, max_answer_length: int) -> None:
        self._window = window
        self._width = min(max_answer_length, len(window.start))
        sums = window.start[:, None] + self._shifted(window.end, -np.inf)
        # margins[i, j] is that of the span from token i to token i + j
        self._margins = sums - window.null_logits(sums)
        self._stops: Characters = self._shifted(window.ends, -1)
        outside = (self._stops < window.earliest[:, None]) | (self._stops > window.latest[:, None])
        self._margins[outside] = -np.inf
        self._best = self._margins.max(axis=1)

    def _shifted(self, values: NDArray[Any], beyond: float) -> NDArray[Any]:
        """Return, for each token, the values of the `width` tokens from it on. *Shape:* (n_tokens, width)."""
        padded = np.append(values, np.full(self._width - 1, beyond, dtype=values.dtype))
        return np.lib.stride_tricks.sliding_window_view(padded, self._width)

    @property
    def best_margin(self) -> float:
        """The highest margin of a span that is left; minus infinity when there is none."""
        return float(self._best.max())

    def best(self) -> Span:
        """Return the span of highest margin that is left; of equals the one that starts first, then the shorter."""
        first = int(self._best.argmax())
        last = first + int(self._margins[first].argmax())
        window = self._window
        start, end = float(window.start[first]), float(window.end[last])
        null = float(window.null_logits(np.array(start + end)))
        return Span(int(window.begins[first]), int(window.ends[last]), start, end, null)

    def remove(self, start: int, end: int) -> None:
        """
        Remove all spans that share a character with [start, end).

        A span from token i to token k does if it begins before `end` and stops after `start`. Begins and ends ascend
        with the tokens, so that k is at or after the first token that ends after `start`, and i at or before the last
        that begins before `end`. A span has at most `width` tokens, so that i is also no more than width - 1 before the
        former: only these rows of the grid, some dozens, are looked at and their best margins taken anew.
        """
        window = self._window
        begins_before, ends_after = window.begins < end, window.ends > start
        if not (begins_before.any() and ends_after.any()):
            return
        first, last = int(ends_after.argmax()), len(begins_before) - 1 - int(begins_before[::-1].argmax())
        rows = slice(max(0, first - self._width + 1), last + 1)
        margins = self._margins[rows]
        margins[(self._stops[rows] > start) & begins_before[rows, None]] = -np.inf
        self._best[rows] = margins.max(axis=1, initial=-np.inf)


def best_spans(
    windows: Sequence[ScoredWindow], *, max_answer_length: int, top_k: int, floor: float = -math.inf
) -> list[tuple[int, Span]]:
    """
    Return the best spans that share no character, best first.

    Of all spans in all windows the one of highest margin is taken, then the highest among those that do not overlap it,
    and so on (Devlin et al. 2019, section 4.3). Of equal margins the span of the earlier window comes first, then the
    one that starts earlier, then the shorter.

    :param windows: Those of one text; their characters are counted from one place.
    :param max_answer_length: Most tokens in a span.
    :param top_k: Most spans to return.
    :param floor: Spans of a lower margin are not looked for.
    :returns: The index of the window in which each was found, and the span.
    """
    grids = {number: SpanGrid(window, max_answer_length) for number, window in enumerate(windows[:GRIDS_AT_ONCE])}
    # Of the other windows only how high their margins reach is kept until they are needed.
    others = (SpanGrid(window, max_answer_length).best_margin for window in windows[GRIDS_AT_ONCE:])
    bounds = np.array([*(grid.best_margin for grid in grids.values()), *others])
    found: list[tuple[int, Span]] = []
    while len(found) < top_k:
        number = int(bounds.argmax())
        if bounds[number] == -np.inf or bounds[number] < floor:
            break
        if number not in grids:
            grids[number] = SpanGrid(windows[number], max_answer_length)
            for _, span in found:
                grids[number].remove(span.start, span.end)
            bounds[number] = grids[number].best_margin
            continue
        span = grids[number].best()
        found.append((number, span))
        for other, grid in grids.items():
            grid.remove(span.start, span.end)
            bounds[other] = grid.best_margin
    return found
