"""`pipeline("question-answering")`, which transformers 5.3 removed, on this project's reader."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from spanwise.compat.decode import PipelineAnswer, WindowAnswers, merged_answers, window_answers
from spanwise.compat.inputs import Pair, parse_inputs
from spanwise.compat.options import CallOptions
from spanwise.errors import ModelError, UsageError
from spanwise.read.backends.base import Backend
from spanwise.read.batches import BatchRunner, require_finite
from spanwise.read.windows import Window, WindowBuilder

PipelineResult = PipelineAnswer | list[PipelineAnswer]


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
        null_token = self._backend.inputs.pair_format.null_token
        sizes = options.sizes(self._backend.inputs.max_positions)
        size = options.batch_size
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
