"""Gather the windows of each text as they are read, and keep the best spans once a text is complete."""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from spanwise.read.spans import ScoredWindow, best_spans
from spanwise.types import Span


@dataclass(frozen=True, slots=True)
class Reading:
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


class SpanCollector:
    """
    Finds the spans of each reading.

    The windows of a text are held only until the last of them has come.

    :param max_answer_length: Most tokens in a span.
    :param top_k: How many spans to keep of each rank.
    """

    def __init__(self, readings: Sequence[Reading], *, max_answer_length: int, top_k: int) -> None:
        self._readings = readings
        self._max_answer_length = max_answer_length
        self._top_k = top_k
        self._awaited = Counter(reading.source for reading in readings)
        self._windows: dict[Hashable, list[tuple[int, int, ScoredWindow]]] = defaultdict(list)
        self._margins: dict[Hashable, list[float]] = defaultdict(list)
        self.found: list[list[Span]] = [[] for _ in readings]
        """For each reading its spans, highest margin first, in characters of its passage."""

    def expect(self, index: int, windows: int) -> None:
        """Announce how many windows a reading has."""
        self._count_down(self._readings[index].source, 1 - windows)

    def add(self, index: int, number: int, window: ScoredWindow) -> None:
        """
        Take a window of a reading.

        :param number: Tells the windows of a reading apart, in their order.
        """
        source = self._readings[index].source
        self._windows[source].append((index, number, window))
        self._count_down(source, 1)

    def _count_down(self, source: Hashable, by: int) -> None:
        self._awaited[source] -= by
        if self._awaited[source] == 0:
            self._decode(sorted(self._windows.pop(source, []), key=lambda entry: entry[:2]))

    def _decode(self, entries: list[tuple[int, int, ScoredWindow]]) -> None:
        if not entries:
            return
        margins = self._margins[self._readings[entries[0][0]].rank]
        floor = margins[0] if len(margins) == self._top_k else -math.inf
        windows = [window for _, _, window in entries]
        for place, span in best_spans(
            windows, max_answer_length=self._max_answer_length, top_k=self._top_k, floor=floor
        ):
            index = entries[place][0]
            begin = self._readings[index].begin
            self.found[index].append(replace(span, start=span.start - begin, end=span.end - begin))
            if len(margins) < self._top_k:
                heapq.heappush(margins, span.margin)
            else:
                heapq.heappushpop(margins, span.margin)
