"""Read passages for answers: windows, logits, spans. Knows nothing of Haystack."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from spanwise.batching import length_sorted_batches, pad
from spanwise.calibration import Calibration, load_calibration
from spanwise.default_reader import DEFAULT_READER, reader_folder
from spanwise.errors import ModelError
from spanwise.read.backends.base import Backend
from spanwise.read.backends.load import load_backend
from spanwise.read.spans import best_token_spans, distinct_spans
from spanwise.read.windows import Window, WindowBuilder
from spanwise.types import Span


class SpanReader:
    """
    Finds answer spans in passages.

    ```python
    from spanwise.read import SpanReader

    reader = SpanReader()
    question, passage = "Which port does it use?", "The server listens on port 8000."
    (spans,) = reader.read([(question, passage)], top_k=1)
    print(passage[spans[0].start : spans[0].end], spans[0].margin)
    ```

    :param model: "default", a hub name or a local folder.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param token: Hub token for private models, or None.
    :param max_seq_length: Most tokens in a window, question and special tokens included.
    :param stride: Passage tokens that neighboring windows share.
    :param max_answer_length: Most tokens in an answer.
    :param max_batch_size: Most windows in a batch, or None for no such bound.
    :param max_batch_tokens: Most tokens in a padded batch, or None for what suits the device.
    :param model_kwargs: Passed to transformers' `from_pretrained`; given any, the model runs in PyTorch.
    """

    def __init__(
        self,
        model: str = DEFAULT_READER,
        *,
        device: str = "auto",
        token: str | None = None,
        max_seq_length: int = 384,
        stride: int = 128,
        max_answer_length: int = 30,
        max_batch_size: int | None = None,
        max_batch_tokens: int | None = None,
        model_kwargs: dict[str, Any] | None = None,
    ) -> None:
        _check_positive(max_seq_length=max_seq_length, max_answer_length=max_answer_length)
        _check_positive(max_batch_size=max_batch_size, max_batch_tokens=max_batch_tokens)
        if not 0 <= stride < max_seq_length:
            msg = f"expected 0 <= stride < max_seq_length ({max_seq_length}), found stride={stride}"
            raise ValueError(msg)
        self.model = model
        self.device = device
        self._token = token
        self.max_seq_length = max_seq_length
        self.stride = stride
        self.max_answer_length = max_answer_length
        self.max_batch_size = max_batch_size
        self.max_batch_tokens = max_batch_tokens
        self._model_kwargs = model_kwargs
        self._backend: Backend | None = None
        self._builder: WindowBuilder | None = None

    @cached_property
    def calibration(self) -> Calibration:
        """How this model's margins become confidences."""
        return load_calibration(reader_folder(self.model))

    def warm_up(self) -> None:
        """
        Load the model; later calls do nothing.

        :raises ModelError: If it cannot be loaded, or takes fewer tokens than `max_seq_length`.
        """
        self._loaded()

    def _loaded(self) -> tuple[Backend, WindowBuilder]:
        if self._backend is None or self._builder is None:
            backend = load_backend(self.model, device=self.device, token=self._token, model_kwargs=self._model_kwargs)
            if self.max_seq_length > backend.max_positions:
                msg = (
                    f"expected max_seq_length of at most {backend.max_positions}, which is what {self.model!r} takes, "
                    f"found {self.max_seq_length}; pass a smaller max_seq_length and stride"
                )
                raise ModelError(msg)
            builder = WindowBuilder(backend.tokenizer, max_seq_length=self.max_seq_length, stride=self.stride)
            self._backend, self._builder = backend, builder
        return self._backend, self._builder

    def read(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        top_k: int = 5,
        progress: Callable[[int], None] | None = None,
    ) -> list[list[Span]]:
        """
        Find the best spans of every passage.

        A span's scores depend on its own window alone: not on `top_k`, on the batch, or on other passages.

        :param pairs: (question, passage) each.
        :param top_k: Most spans of a pair; no two of them overlap.
        :param progress: Called with the number of windows finished since the last call.
        :returns: For each pair its spans, highest margin first; none for a passage without words.
        :raises UsageError: If a question is too long.
        """
        _check_positive(top_k=top_k)
        backend, builder = self._loaded()
        windows = builder.build(pairs)
        found: list[list[Span]] = [[] for _ in pairs]
        bound = backend.batch_tokens if self.max_batch_tokens is None else self.max_batch_tokens
        windows_of = Counter(window.pair for window in windows)
        lengths = [len(window.input_ids) for window in windows]
        for batch in length_sorted_batches(lengths, bound, self.max_batch_size):
            chosen = [windows[index] for index in batch]
            # Where windows meet, spans of one rule out spans of the other: twice as many leave enough.
            wanted = [top_k if windows_of[window.pair] == 1 else 2 * top_k for window in chosen]
            for window, spans in zip(chosen, self._read_batch(backend, chosen, pairs, wanted), strict=True):
                found[window.pair].extend(spans)
            if progress is not None:
                progress(len(chosen))
        return [distinct_spans(spans, top_k) for spans in found]

    def _read_batch(
        self, backend: Backend, windows: Sequence[Window], pairs: Sequence[tuple[str, str]], wanted: Sequence[int]
    ) -> list[list[Span]]:
        ids = pad([window.input_ids for window in windows], backend.pad_id)
        mask = pad([[1] * len(window.input_ids) for window in windows], 0)
        types = pad([window.type_ids for window in windows], 0)
        starts, ends = backend.logits(ids, mask, types)
        return [
            self._spans(window, pairs[window.pair][1], start, end, top_k)
            for window, start, end, top_k in zip(windows, starts, ends, wanted, strict=True)
        ]

    def _spans(self, window: Window, passage: str, start: np.ndarray, end: np.ndarray, top_k: int) -> list[Span]:
        # The null answer stands at the first token, [CLS] or <s> (Devlin et al. 2019, section 4.3).
        null = float(start[0]) + float(end[0])
        here = slice(window.first, window.first + len(window.offsets))
        found = []
        chosen = best_token_spans(start[here], end[here], max_answer_length=self.max_answer_length, top_k=top_k)
        for first, last in chosen:
            begin, stop = window.offsets[first][0], window.offsets[last][1]
            text = passage[begin:stop]
            stripped = text.strip()
            if stripped:
                begin += text.index(stripped)
                logits = float(start[window.first + first]), float(end[window.first + last])
                found.append(Span(begin, begin + len(stripped), *logits, null))
        return found


def _check_positive(**values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < 1:
            msg = f"expected {name} to be at least 1, found {value}"
            raise ValueError(msg)
