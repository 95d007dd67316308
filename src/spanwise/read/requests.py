"""What is asked to be read, and the best spans of each text once all its windows have been read."""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from spanwise.read.spans import ScoredWindow, best_spans
from spanwise.types import Span


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


class SpanCollector:
    """
    Finds the spans of each request.

    Windows come in any order, for batches are made by length. Those of a source are held until the last of them has
    come; then the source's spans are chosen at once, so that of two that overlap, be it in two passages, the better one
    is kept, and the windows are let go.

    :param max_answer_length: Most tokens in a span.
    :param top_k: How many spans to keep of each rank.
    """

    def __init__(self, requests: Sequence[ReadRequest], *, max_answer_length: int, top_k: int) -> None:
        self._requests = requests
        self._max_answer_length = max_answer_length
        self._top_k = top_k
        self._awaited = Counter(request.source for request in requests)
        self._windows: dict[Hashable, list[tuple[int, int, ScoredWindow]]] = defaultdict(list)
        self._margins: dict[Hashable, list[float]] = defaultdict(list)
        self.found: list[list[Span]] = [[] for _ in requests]
        """For each request its spans, highest margin first, in characters of its passage."""

    def expect(self, index: int, windows: int) -> None:
        """Announce how many windows a request has, which may be none; once for each request."""
        # A source first awaits one thing of each of its requests, this announcement, and cannot be complete before all
        # are made. Here that one is replaced by the windows themselves.
        self._count_down(self._requests[index].source, 1 - windows)

    def add(self, index: int, number: int, window: ScoredWindow) -> None:
        """
        Take a window of a request.

        :param number: Tells the windows of a request apart, in their order.
        """
        source = self._requests[index].source
        self._windows[source].append((index, number, window))
        self._count_down(source, 1)

    def _count_down(self, source: Hashable, by: int) -> None:
        self._awaited[source] -= by
        if self._awaited[source] == 0:
            self._decode(sorted(self._windows.pop(source, []), key=lambda entry: entry[:2]))

    def _decode(self, entries: list[tuple[int, int, ScoredWindow]]) -> None:
        if not entries:
            return
        # A heap of the best margins of the rank so far. Once there are `top_k`, nothing below its least can be wanted.
        margins = self._margins[self._requests[entries[0][0]].rank]
        floor = margins[0] if len(margins) == self._top_k else -math.inf
        windows = [window for _, _, window in entries]
        for place, span in best_spans(
            windows, max_answer_length=self._max_answer_length, top_k=self._top_k, floor=floor
        ):
            index = entries[place][0]
            begin = self._requests[index].begin
            self.found[index].append(replace(span, start=span.start - begin, end=span.end - begin))
            if len(margins) < self._top_k:
                heapq.heappush(margins, span.margin)
            else:
                heapq.heappushpop(margins, span.margin)
