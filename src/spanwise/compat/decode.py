"""Score the spans of windows the way transformers' question-answering pipeline did."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from spanwise.compat.options import CallOptions
from spanwise.read.windows import Window


class PipelineAnswer(TypedDict):
    """
    One answer.

    :param score: The probability of the span in its window; of equal words in a context the sum.
    :param start: Offset of its first character in the context.
    :param end: Offset after its last character.
    :param answer: The words; empty for "no answer".
    """

    score: float
    start: int
    end: int
    answer: str


@dataclass(frozen=True, slots=True)
class WindowAnswers:
    """The best spans of a window as (score, start, end), best first, and the probability of "no answer" there."""

    spans: list[tuple[float, int, int]]
    null: float


def window_answers(
    window: Window,
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    options: CallOptions,
    null_token: int | None,
) -> WindowAnswers:
    """
    Return the most probable spans of one window.

    The probability of a span is that of its start times that of its end, each a softmax over the tokens of the passage
    and the "no answer" token.

    :param start_logits: *Shape:* (n_tokens,).
    :param end_logits: *Shape:* (n_tokens,).
    :param null_token: Id of the "no answer" token, or None for a model without one.
    """
    inside = np.arange(window.first, window.first + window.end - window.begin)
    has_null = window.input_ids[window.null] == null_token
    kept = np.append(inside, window.null) if has_null else inside
    start, end = (_softmax(logits[kept].astype(np.float64)) for logits in (start_logits, end_logits))
    null = float(start[-1] * end[-1]) if has_null else 0.0
    length = len(inside)
    width = min(options.max_answer_len, length)
    padded = np.append(end[:length], np.zeros(width - 1))
    scores = start[:length, None] * np.lib.stride_tricks.sliding_window_view(padded, width)
    # More than are wanted, since some will turn out to be the same words.
    wanted = 2 * options.top_k + 10 if options.align_to_words else options.top_k
    best = np.argsort(-scores, axis=None, kind="stable")[:wanted]
    spans = []
    for first, extra in zip(*np.unravel_index(best, scores.shape), strict=True):
        if first + extra < length:
            places = _characters(window, int(first), int(first + extra), align=options.align_to_words)
            spans.append((float(scores[first, extra]), *places))
    return WindowAnswers(spans, null)


def merged_answers(
    context: str, windows: Iterable[WindowAnswers], options: CallOptions
) -> PipelineAnswer | list[PipelineAnswer]:
    """
    Bring the spans of all windows of a context together.

    :param windows: In their order.
    :returns: The best answers; alone if there is only one.
    """
    answers: dict[str, PipelineAnswer] = {}
    null = 1.0
    for window in windows:
        null = min(null, window.null)
        for score, start, end in window.spans:
            words = context[start:end]
            found = answers.setdefault(words.lower(), PipelineAnswer(score=0.0, start=start, end=end, answer=words))
            found["score"] += score
    ranked = list(answers.values())
    if options.handle_impossible_answer or not ranked:
        score = null if options.handle_impossible_answer else 0.0
        ranked.append(PipelineAnswer(score=score, start=0, end=0, answer=""))
    ranked = sorted(ranked, key=lambda answer: -answer["score"])[: options.top_k]
    return ranked[0] if len(ranked) == 1 else ranked


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())


def _characters(window: Window, first: int, last: int, *, align: bool) -> tuple[int, int]:
    """Return where a span stands in the context; a word that the window cuts counts as far as it is in the window."""
    offsets, words = window.passage.offsets, window.passage.word_ids
    first, last = window.begin + first, window.begin + last
    if align and words[first] is not None and words[last] is not None:
        while first > window.begin and words[first - 1] == words[first]:
            first -= 1
        while last + 1 < window.end and words[last + 1] == words[last]:
            last += 1
    return offsets[first][0], offsets[last][1]
