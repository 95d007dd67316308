"""Find the best answer spans in a window's logits."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from spanwise.types import Span


def best_token_spans(
    start_logits: NDArray[np.float32], end_logits: NDArray[np.float32], *, max_answer_length: int, top_k: int
) -> list[tuple[int, int]]:
    """
    Return the best spans that share no token, best first, by start plus end logit (Devlin et al. 2019, section 4.2).

    :param start_logits: Of the passage tokens of one window. *Shape:* (n_tokens,).
    :param end_logits: *Shape:* (n_tokens,).
    :param max_answer_length: Most tokens in a span.
    :param top_k: Most spans to return.
    :returns: (first token, last token) each, inclusive.
    """
    length = len(start_logits)
    width = min(max_answer_length, length)
    padded = np.concatenate([end_logits, np.full(width - 1, -np.inf, dtype=end_logits.dtype)])
    # scores[i, j] is the span from token i to token i + j
    scores = start_logits[:, None] + np.lib.stride_tricks.sliding_window_view(padded, width)
    last_token = np.add.outer(np.arange(length), np.arange(width))
    found: list[tuple[int, int]] = []
    while len(found) < top_k:
        flat = int(scores.argmax())
        first, extra = divmod(flat, width)
        if scores[first, extra] == -np.inf:
            break
        last = first + extra
        found.append((first, last))
        reach = slice(max(0, first - width + 1), last + 1)
        scores[reach][last_token[reach] >= first] = -np.inf
    return found


def distinct_spans(spans: Iterable[Span], top_k: int) -> list[Span]:
    """Return the `top_k` spans of highest margin of which no two overlap, best first."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (-span.margin, span.start, span.end)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
            if len(kept) == top_k:
                break
    return kept
