"""`pipeline("question-answering")`, which transformers 5.3 removed, on this project's reader."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from spanwise.compat.options import CallOptions, Pair, parse_inputs
from spanwise.errors import ModelError, UsageError
from spanwise.read.backends.base import Backend
from spanwise.read.batches import BatchRunner, require_finite
from spanwise.read.windows import Window, WindowBuilder


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


PipelineResult = PipelineAnswer | list[PipelineAnswer]


WindowAnswers = tuple[list[tuple[float, int, int]], float]
"""The best spans of a window as (score, start, end), best first, and the probability of "no answer" there."""


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
    return spans, null


def merged_answers(context: str, windows: Iterable[WindowAnswers], options: CallOptions) -> PipelineResult:
    """
    Bring the spans of all windows of a context together.

    :param windows: In their order.
    :returns: The best answers; alone if there is only one.
    """
    answers: dict[str, PipelineAnswer] = {}
    null = 1.0
    for spans, of_window in windows:
        null = min(null, of_window)
        for score, start, end in spans:
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


class QuestionAnsweringPipeline:
    """
    Answers questions from contexts as transformers' pipeline did, with the same results; `pipeline` makes one.

    ```python
    from spanwise.compat import pipeline

    nlp = pipeline("question-answering")
    print(nlp(question="Which port does it use?", context="The server listens on port 8443."))
    ```

    :param backend: A loaded model.
    :param model: What it is called in errors.
    :param defaults: Options of calls that do not give them.
    """

    task = "question-answering"

    def __init__(self, backend: Backend, *, model: str, defaults: Mapping[str, Any]) -> None:
        self._backend = backend
        self._model = model
        self._defaults = defaults
        self._runners: dict[int | None, BatchRunner] = {}  # by batch size; each remembers what did not fit

    def __call__(
        self, *arguments: Any, **named: Any
    ) -> PipelineResult | list[PipelineResult] | Iterator[PipelineResult]:
        """
        Answer one question or many.

        :param arguments: A table with "question" and "context", a list or a generator of them, or a question and a
            context.
        :param named: `question` and `context`, texts or lists, and the options of
            `spanwise.compat.options.CallOptions`.
        :returns: For one question, or a list of one, an answer, or a list of them if there are several; for a list
            of questions a list of these, for a generator a generator. An answer is a dictionary with "score", "start",
            "end" and "answer".
        :raises ValueError: If a text is empty, a question too long, a number out of its range, or the arguments fit no
            form.
        :raises KeyError: If a table lacks its question or its context.
        :raises TypeError: If there is an argument of another name.
        :raises ModelError: If the model is broken.
        """
        forms: dict[str, Any] = {name: named.pop(name) for name in ("question", "context", "data") if name in named}
        options = CallOptions.of(self._defaults, named)
        inputs = parse_inputs(arguments, forms)
        if isinstance(inputs, Iterator):
            return self._stream(inputs, options)
        pairs, single = inputs
        results = self._answer(pairs, options)
        return results[0] if single else results

    def _stream(self, pairs: Iterator[Pair], options: CallOptions) -> Iterator[PipelineResult]:
        size = 1 if options.batch_size is None else options.batch_size
        while chunk := list(islice(pairs, size)):
            yield from self._answer(chunk, options)

    def _answer(self, pairs: Sequence[Pair], options: CallOptions) -> list[PipelineResult]:
        inputs, size = self._backend.inputs, options.batch_size
        sizes, null_token = options.sizes(inputs.max_positions), inputs.pair_format.null_token
        runner = self._runners.setdefault(size, BatchRunner(self._backend, max_windows=size))
        found: list[dict[int, WindowAnswers]] = [{} for _ in pairs]
        for part in runner.parts([len(question) + len(context) for question, context in pairs]):
            windows = [window for index in part for window in self._windows(index, pairs[index], sizes)]
            for batch, (starts, ends) in runner.run(windows):
                for window, start, end in zip(batch, starts, ends, strict=True):
                    logits = start[: len(window.input_ids)], end[: len(window.input_ids)]
                    require_finite(self._model, *logits)
                    found[window.pair][window.begin] = window_answers(window, *logits, options, null_token)
        return [
            merged_answers(context, [answers[begin] for begin in sorted(answers)], options)
            for (_, context), answers in zip(pairs, found, strict=True)
        ]

    def _windows(self, index: int, pair: Pair, sizes: tuple[int, int]) -> list[Window]:
        length, stride = sizes
        try:
            windows = self._builder(length, 0).build([pair])
            if len(windows) > 1:  # only then does it matter whether question and stride leave room to move on
                windows = self._builder(length, stride).build([pair])
        except (UsageError, ModelError) as error:
            raise ValueError(str(error)) from error
        return [replace(window, pair=index) for window in windows]

    def _builder(self, length: int, stride: int) -> WindowBuilder:
        inputs = self._backend.inputs
        return WindowBuilder(inputs.tokenizer, inputs.pair_format, max_seq_length=length, stride=stride)
