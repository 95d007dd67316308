"""Read passages for answers: windows, logits, spans. Knows nothing of Haystack."""

import heapq
import math
import threading
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter

import numpy as np

from spanwise.calibration import Calibration, load_calibration
from spanwise.checks import check_positive
from spanwise.errors import ModelError
from spanwise.read.backends.base import Backend
from spanwise.read.backends.load import load_backend
from spanwise.read.batches import BatchRunner, require_finite
from spanwise.read.known_readers import WITHOUT_NULL_ANSWER
from spanwise.read.settings import ReaderSettings
from spanwise.read.spans import ScoredWindow, best_spans
from spanwise.read.windows import Window, WindowBuilder
from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder
from spanwise.types import Candidate, Hit, Span


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """
    A passage to read for a question.

    :param source: Names the text that the passage is a slice of, and the question: of spans that overlap in one source
        the best is kept.
    :param rank: Names what is ranked together, all passages of a question or one alone; the best `top_k` are kept.
    :param begin: Where the passage begins in its source, in characters.
    """

    question: str
    passage: str
    source: Hashable
    rank: Hashable
    begin: int = 0


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

    :param settings: A model, by its hub name or folder, or all settings.
    :param backend: The model where it is loaded already; `settings` then only say how to read, and what to call it.
    """

    def __init__(self, settings: ReaderSettings | str = DEFAULT_READER, *, backend: Backend | None = None) -> None:
        self.settings = ReaderSettings(settings) if isinstance(settings, str) else settings
        self.model = self.settings.model
        self._backend = backend
        self._loading = threading.Lock()

    @cached_property
    def calibration(self) -> Calibration:
        """How this model's margins become confidences."""
        return load_calibration(reader_folder(self.model))

    @cached_property
    def null_answer(self) -> bool:
        """Whether the model was trained to say "no answer"."""
        if self.settings.null_answer is not None:
            return self.settings.null_answer
        return self.calibration.null_answer and self.model not in WITHOUT_NULL_ANSWER

    def warm_up(self) -> None:
        """
        Load the model; later calls do nothing.

        :raises ModelError: If it cannot be loaded, or takes fewer tokens than `max_seq_length`.
        """
        self._loaded()

    def _loaded(self) -> tuple[WindowBuilder, BatchRunner]:
        with self._loading:
            return self._parts

    @cached_property
    def _parts(self) -> tuple[WindowBuilder, BatchRunner]:
        settings = self.settings
        backend = load_backend(settings) if self._backend is None else self._backend
        inputs = backend.inputs
        if settings.max_seq_length > inputs.max_positions:
            msg = (
                f"expected max_seq_length of at most {inputs.max_positions}, which is what {self.model!r} takes, "
                f"found {settings.max_seq_length}; pass a smaller max_seq_length and stride"
            )
            raise ModelError(msg)
        sizes = {"max_seq_length": settings.max_seq_length, "stride": settings.stride}
        builder = WindowBuilder(inputs.tokenizer, inputs.pair_format, **sizes)
        return builder, BatchRunner(backend, max_tokens=settings.max_batch_tokens, max_windows=settings.max_batch_size)

    def check_questions(self, questions: Sequence[str]) -> None:
        """
        Refuse questions that are too long to read, before anything is.

        :raises UsageError: If one is.
        :raises ModelError: If the model cannot be loaded.
        """
        self._loaded()[0].check_questions(questions)

    def read(self, pairs: Sequence[tuple[str, str]], *, top_k: int = 5) -> list[list[Span]]:
        """
        Find the best spans of every passage; see `spanwise.read.spans.best_spans` for the rule.

        A span's scores depend on its own window alone: not on `top_k`, on the batch, or on other passages.

        :param pairs: (question, passage) each.
        :param top_k: Most spans of a pair; no two of them overlap.
        :returns: For each pair its spans, highest margin first; none for a passage without words.
        :raises UsageError: If a question is too long.
        :raises ModelError: If the model cannot be loaded, is broken, or does not fit into memory.
        """
        requests = [ReadRequest(*pair, source=index, rank=index) for index, pair in enumerate(pairs)]
        return self.read_together(requests, top_k=top_k)

    def read_together(self, requests: Sequence[ReadRequest], *, top_k: int) -> list[list[Span]]:
        """
        Find the best spans of passages that are slices of the same texts, or ranked together; they share batches.

        :param top_k: How many spans of each rank are wanted.
        :returns: For each request its spans, highest margin first. Together the requests of a rank have the `top_k`
            of highest margin, and some more; no two of a source overlap.
        :raises UsageError: If a question is too long.
        :raises ModelError: If the model cannot be loaded, is broken, or does not fit into memory.
        """
        check_positive(top_k=top_k)
        self.check_questions([request.question for request in requests])
        found: list[list[Span]] = [[] for _ in requests]
        margins: dict[Hashable, list[float]] = defaultdict(list)  # of each rank the `top_k` highest
        for entries in self._read_sources(requests):
            best = margins[requests[entries[0][0]].rank]
            floor = best[-1] if len(best) == top_k else -math.inf  # nothing below it can be wanted
            windows, longest = [window for _, _, window in entries], self.settings.max_answer_length
            spans = best_spans(windows, max_answer_length=longest, top_k=top_k, floor=floor)
            best[:] = heapq.nlargest(top_k, [*best, *(span.margin for _, span in spans)])
            for place, span in spans:
                index = entries[place][0]
                begin = requests[index].begin
                found[index].append(replace(span, start=span.start - begin, end=span.end - begin))
        return found

    def _read_sources(self, requests: Sequence[ReadRequest]) -> Iterator[list[tuple[int, int, ScoredWindow]]]:
        """
        Yield the windows of each source as soon as all are read; batches, made by length, bring them in any order.

        :returns: In their order, each with the index of its request and its first token there.
        """
        builder, runner = self._loaded()
        unread = Counter(request.source for request in requests)
        held: dict[Hashable, list[tuple[int, int, ScoredWindow]]] = defaultdict(list)
        for part in runner.parts([len(request.question) + len(request.passage) for request in requests]):
            windows = builder.build([(requests[index].question, requests[index].passage) for index in part])
            unread.subtract(requests[index].source for index in part)
            awaited = Counter(requests[part[window.pair]].source for window in windows)
            for batch, (starts, ends) in runner.run(windows):
                for window, start, end in zip(batch, starts, ends, strict=True):
                    index = part[window.pair]
                    source, begin = requests[index].source, requests[index].begin
                    held[source].append((index, window.begin, self._scored(window, start, end, begin)))
                    awaited[source] -= 1
                    if not awaited[source] and not unread[source]:
                        yield sorted(held.pop(source), key=itemgetter(0, 1))
        for entries in held.values():  # of sources whose last passages have no words
            yield sorted(entries, key=itemgetter(0, 1))

    def read_ranked(self, requests: Sequence[ReadRequest], *, top_k: int) -> dict[Hashable, list[tuple[int, Span]]]:
        """
        Find the spans of highest margin of each rank.

        :param top_k: Most spans of a rank.
        :returns: For each rank the index of a request and a span in it, highest margin first; equal margins in the
            order of `requests`.
        :raises UsageError: If a question is too long.
        """
        ranked: dict[Hashable, list[tuple[int, Span]]] = defaultdict(list)
        for index, spans in enumerate(self.read_together(requests, top_k=top_k)):
            ranked[requests[index].rank].extend((index, span) for span in spans)
        return {rank: sorted(found, key=lambda entry: -entry[1].margin)[:top_k] for rank, found in ranked.items()}

    def read_hits(
        self, questions: Sequence[str], hits: Sequence[Sequence[Hit]], *, top_k: int
    ) -> list[list[Candidate]]:
        """
        Find the spans of highest margin in the passages of each question.

        :param hits: The passages to read for each question.
        :param top_k: Most candidates for each question.
        :returns: For each question its candidates, highest margin first; equal margins in the order of `hits`.
        :raises UsageError: If a question is too long.
        """
        asked = [(number, hit) for number, found in enumerate(hits) for hit in found]
        requests = [
            ReadRequest(questions[number], hit.passage.text, (number, hit.passage.file), number, hit.passage.start)
            for number, hit in asked
        ]
        ranked = self.read_ranked(requests, top_k=top_k)
        return [
            [Candidate(asked[index][1], span) for index, span in ranked.get(number, [])]
            for number in range(len(questions))
        ]

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
