"""Cut questions and contexts into labeled windows, as the reader cuts them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import UsageError
from spanwise.read.passages import TokenizedPassage
from spanwise.read.template import PairFormat
from spanwise.read.windows import Window, WindowBuilder
from spanwise.squad.questions import GoldAnswer, Question

if TYPE_CHECKING:
    from tokenizers import Tokenizer

AT_ONCE = 512  # questions that are tokenized together


@dataclass(frozen=True, slots=True)
class Feature:
    """
    A window with its answer.

    :param question_id: Of the question it belongs to.
    :param input_ids: *Shape:* (n_tokens,), int32.
    :param type_ids: *Shape:* (n_tokens,), int8.
    :param start: Position of the answer's first token; of the "no answer" token where the window holds no answer.
    :param end: Position of its last.
    :param null: Position of the "no answer" token.
    """

    question_id: str
    input_ids: NDArray[np.int32]
    type_ids: NDArray[np.int8]
    start: int
    end: int
    null: int


@dataclass(slots=True)
class FeatureCounts:
    """
    How many windows questions gave, and how many questions were cut and dropped.

    :param answered: Windows that hold an answer.
    :param cut: Questions cut to `max_query_length`.
    :param dropped: Questions whose answer stands nowhere in the context, or has no token.
    """

    windows: int = 0
    answered: int = 0
    cut: int = 0
    dropped: int = 0


class FeatureBuilder:
    """
    Makes windows by the reader's own rules, and finds the answer in them.

    Of several right answers the first counts. A window that does not hold all of it is one without an answer.

    :param tokenizer: Without truncation or padding.
    :param max_query_length: Tokens after which a question is cut; the reader refuses such questions instead.
    :raises UsageError: If a window has no room for a question of `max_query_length`.
    """

    def __init__(
        self,
        tokenizer: "Tokenizer",
        pair_format: PairFormat,
        *,
        max_seq_length: int,
        stride: int,
        max_query_length: int,
    ) -> None:
        self._tokenizer = tokenizer
        self._builder = WindowBuilder(tokenizer, pair_format, max_seq_length=max_seq_length, stride=stride)
        if max_query_length > self._builder.max_question_tokens:
            msg = (
                f"expected a max_query_length of at most {self._builder.max_question_tokens} beside windows of "
                f"{max_seq_length} tokens with a stride of {stride}, found {max_query_length}; make one of them smaller"
            )
            raise UsageError(msg)
        self._max_query_length = max_query_length
        self.counts = FeatureCounts()

    def build(self, questions: Sequence[Question]) -> Iterator[list[Feature]]:
        """Yield for each question its features, in order; none for one that cannot be trained on."""
        for begin in range(0, len(questions), AT_ONCE):
            some = questions[begin : begin + AT_ONCE]
            asked = self._cut([question.question for question in some])
            pairs = list(zip(asked, [question.context or "" for question in some], strict=True))
            windows: list[list[Window]] = [[] for _ in some]
            for window in self._builder.build(pairs):
                windows[window.pair].append(window)
            for question, found in zip(some, windows, strict=True):
                yield list(self._features(question, found))

    def _cut(self, texts: Sequence[str]) -> Iterator[str]:
        for text, encoding in zip(
            texts, self._tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True
        ):
            if len(encoding) <= self._max_query_length:
                yield text
                continue
            self.counts.cut += 1
            yield text[: encoding.offsets[self._max_query_length - 1][1]]

    def _features(self, question: Question, windows: Sequence[Window]) -> Iterator[Feature]:
        span = None
        if question.answerable:
            answer = question.answers[0]
            span = _token_span(windows[0].passage, answer) if windows else None
            if span is None:
                self.counts.dropped += 1
                return
        for window in windows:
            start = end = window.null
            if span is not None and window.begin <= span[0] and span[1] < window.end:
                start, end = (window.first + token - window.begin for token in span)
                self.counts.answered += 1
            self.counts.windows += 1
            ids, types = np.array(window.input_ids, dtype=np.int32), np.array(window.type_ids, dtype=np.int8)
            yield Feature(question.id, ids, types, start, end, window.null)


def repetitions(weight: float, seed: int) -> Iterator[int]:
    """
    Yield without end how often each question comes.

    :param weight: The whole part is how often every question comes; the rest is the share that comes once more.
    :param seed: Decides which ones those are.
    """
    random = np.random.default_rng(seed)
    whole = int(weight)
    while True:
        yield whole + int(random.random() < weight - whole)


def _token_span(passage: TokenizedPassage, answer: GoldAnswer) -> tuple[int, int] | None:
    """Return the first and the last token of an answer; None if it has no place or no token."""
    if answer.start is None or passage.text[answer.start : answer.start + len(answer.text)] != answer.text:
        return None
    stop = answer.start + len(answer.text)
    begins, ends = passage.words
    reach, before = np.flatnonzero(ends > answer.start), np.flatnonzero(begins < stop)
    if not len(reach) or not len(before) or reach[0] > before[-1]:
        return None
    return int(reach[0]), int(before[-1])
