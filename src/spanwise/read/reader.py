"""Read passages for answers: windows, logits, spans. Knows nothing of Haystack."""

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np

from spanwise.calibration import Calibration, load_calibration
from spanwise.checks import check_positive
from spanwise.default_reader import DEFAULT_READER, reader_folder
from spanwise.errors import ModelError
from spanwise.progress import ReportCount
from spanwise.read.backends.base import Backend
from spanwise.read.backends.compute import Compute
from spanwise.read.backends.load import load_backend
from spanwise.read.batches import BatchRunner, require_finite
from spanwise.read.collect import Reading, SpanCollector
from spanwise.read.null_answer import has_null_answer
from spanwise.read.spans import ScoredWindow
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
    :param model_kwargs: Passed to transformers' `from_pretrained`; given any, the model runs in PyTorch. "revision",
        "cache_dir" and the like hold for the tokenizer too.
    :param null_answer: Whether the model was trained to say "no answer", as SQuAD 2.0 asks for and SQuAD 1.1 does not;
        None takes what its calibration file says, or what is known of it by name, and else True.
    :param compute: What runs the model, and in which precision; None chooses by hardware.
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
        null_answer: bool | None = None,
        compute: Compute | None = None,
    ) -> None:
        check_positive(max_seq_length=max_seq_length, max_answer_length=max_answer_length)
        check_positive(max_batch_size=max_batch_size, max_batch_tokens=max_batch_tokens)
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
        self._stated_null_answer = null_answer
        self._compute = compute
        self._loading = threading.Lock()
        self._loaded_parts: tuple[WindowBuilder, BatchRunner] | None = None
        self._given: Backend | None = None

    @classmethod
    def over(cls, backend: Backend, *, max_seq_length: int, stride: int, null_answer: bool) -> Self:
        """
        Return a reader, without a calibration, of a model that is loaded already.

        :param null_answer: Whether the model is trained to say "no answer".
        """
        reader = cls("a loaded model", max_seq_length=max_seq_length, stride=stride, null_answer=null_answer)
        reader._given = backend
        return reader

    @cached_property
    def calibration(self) -> Calibration:
        """How this model's margins become confidences."""
        return load_calibration(reader_folder(self.model))

    @cached_property
    def null_answer(self) -> bool:
        """Whether the model was trained to say "no answer"."""
        return has_null_answer(self.model, self.calibration, self._stated_null_answer)

    def warm_up(self) -> None:
        """
        Load the model; later calls do nothing.

        :raises ModelError: If it cannot be loaded, or takes fewer tokens than `max_seq_length`.
        """
        self._loaded()

    def _loaded(self) -> tuple[WindowBuilder, BatchRunner]:
        with self._loading:
            if self._loaded_parts is None:
                self._loaded_parts = self._load()
            return self._loaded_parts

    def _load(self) -> tuple[WindowBuilder, BatchRunner]:
        backend = self._given
        if backend is None:
            backend = load_backend(
                self.model,
                device=self.device,
                token=self._token,
                model_kwargs=self._model_kwargs,
                compute=self._compute,
            )
        if self.max_seq_length > backend.max_positions:
            msg = (
                f"expected max_seq_length of at most {backend.max_positions}, which is what {self.model!r} takes, "
                f"found {self.max_seq_length}; pass a smaller max_seq_length and stride"
            )
            raise ModelError(msg)
        sizes = {"max_seq_length": self.max_seq_length, "stride": self.stride}
        builder = WindowBuilder(backend.tokenizer, backend.pair_format, **sizes)
        return builder, BatchRunner(backend, max_tokens=self.max_batch_tokens, max_windows=self.max_batch_size)

    def check_questions(self, questions: Sequence[str]) -> None:
        """
        Refuse questions that are too long to read, before anything is.

        :raises UsageError: If one is.
        :raises ModelError: If the model cannot be loaded.
        """
        self._loaded()[0].check_questions(questions)

    def read(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        top_k: int = 5,
        progress: ReportCount | None = None,
    ) -> list[list[Span]]:
        """
        Find the best spans of every passage; see `spanwise.read.spans.best_spans` for the rule.

        A span's scores depend on its own window alone: not on `top_k`, on the batch, or on other passages.

        :param pairs: (question, passage) each.
        :param top_k: Most spans of a pair; no two of them overlap.
        :param progress: Called with the number of windows finished since the last call.
        :returns: For each pair its spans, highest margin first; none for a passage without words.
        :raises UsageError: If a question is too long.
        :raises ModelError: If the model cannot be loaded, is broken, or does not fit into memory.
        """
        readings = [Reading(*pair, source=index, rank=index) for index, pair in enumerate(pairs)]
        return self.read_together(readings, top_k=top_k, progress=progress)

    def read_together(
        self, readings: Sequence[Reading], *, top_k: int, progress: ReportCount | None = None
    ) -> list[list[Span]]:
        """
        Find the best spans of passages that are slices of the same texts, or ranked together; they share batches.

        :param top_k: How many spans of each rank are wanted.
        :returns: For each reading its spans, highest margin first. Together the readings of a rank have the `top_k`
            of highest margin, and some more; no two of a source overlap.
        :raises UsageError: If a question is too long.
        :raises ModelError: If the model cannot be loaded, is broken, or does not fit into memory.
        """
        check_positive(top_k=top_k)
        builder, runner = self._loaded()
        builder.check_questions([reading.question for reading in readings])
        collector = SpanCollector(readings, max_answer_length=self.max_answer_length, top_k=top_k)
        sizes = [len(reading.question) + len(reading.passage) for reading in readings]
        for part in runner.parts(sizes):
            windows = builder.build([(readings[index].question, readings[index].passage) for index in part])
            counts = np.bincount([window.pair for window in windows], minlength=len(part))
            for index, count in zip(part, counts, strict=True):
                collector.expect(index, int(count))
            for batch, (starts, ends) in runner.run(windows):
                for window, start, end in zip(batch, starts, ends, strict=True):
                    index = part[window.pair]
                    collector.add(index, window.begin, self._scored(window, start, end, readings[index].begin))
                if progress is not None:
                    progress(len(batch))
        return collector.found

    def _scored(self, window: Window, start: np.ndarray, end: np.ndarray, offset: int) -> ScoredWindow:
        start, end = (values[: len(window.input_ids)].astype(np.float64) for values in (start, end))
        require_finite(self.model, start, end)
        if self.null_answer:
            null = float(start[window.null] + end[window.null])  # Devlin et al. 2019, section 4.3
        else:
            null = float(np.logaddexp.reduce(start) + np.logaddexp.reduce(end))
        inside = slice(window.first, window.first + window.end - window.begin)
        tokens = slice(window.begin, window.end)
        begins, ends = (offset + places[tokens] for places in window.passage.words)
        earliest, latest = (offset + places[tokens] for places in window.passage.bounds)
        return ScoredWindow(start[inside], end[inside], begins, ends, earliest, latest, null, self.null_answer)
