"""Cut the questions and contexts of a training into labeled windows, as the reader cuts them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import UsageError
from spanwise.read.passages import TokenizedPassage
from spanwise.read.windows import PairFormat, Window, WindowBuilder
from spanwise.squad.questions import GoldAnswer, Question
from spanwise.train.inputs.data_files import LoadedData
from spanwise.train.model import TrainableModel
from spanwise.train.passages.gather import LabeledPassage, Passages, passages_to_read
from spanwise.train.recipe import Recipe

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


Windows = list[tuple[int, Feature]]
"""What is seen at once: a window, or all windows of a question, each with its number in the training."""


class FeatureBuilder:
    """
    Makes windows by the reader's own rules, and finds the answer in them.

    Of several right answers the first counts. A window that does not hold all of it is one without an answer. `counts`
    has the windows, those answered, and the questions cut, and dropped since their answer stands nowhere in the context
    or has no token.

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
        self.counts = {"windows": 0, "answered": 0, "cut": 0, "dropped": 0}

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
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        for text, encoding in zip(texts, encodings, strict=True):
            cut = len(encoding) > self._max_query_length
            self.counts["cut"] += cut
            yield text[: encoding.offsets[self._max_query_length - 1][1]] if cut else text

    def _features(self, question: Question, windows: Sequence[Window]) -> Iterator[Feature]:
        span = _token_span(windows[0].passage, question.answers[0]) if question.answerable and windows else None
        if span is None and question.answerable:
            self.counts["dropped"] += 1
            return
        for window in windows:
            start = end = window.null
            if span is not None and window.begin <= span[0] and span[1] < window.end:
                start, end = (window.first + token - window.begin for token in span)
                self.counts["answered"] += 1
            self.counts["windows"] += 1
            ids, types = np.array(window.input_ids, dtype=np.int32), np.array(window.type_ids, dtype=np.int8)
            yield Feature(question.id, ids, types, start, end, window.null)


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


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """
    The windows that a model is trained on, as a dataset of PyTorch.

    :param features: Of all data, repeated by weight.
    :param data: What became of each file's questions.
    :param null_answer: Whether any question has no answer, so that the model learns to say so.
    :param questions: For each question, repeated by weight, the numbers of its windows in `features`; None where
        windows are trained on one by one.
    """

    features: list[Feature]
    data: list[dict[str, Any]]
    null_answer: bool
    questions: list[range] | None = None

    def __len__(self) -> int:
        """Return how often something is seen in an epoch: a window, or a question with all its windows."""
        return len(self.features) if self.questions is None else len(self.questions)

    def __getitem__(self, index: int) -> Windows:
        """Return the windows that are seen at once, with their numbers, by which an error can name their questions."""
        numbers = range(index, index + 1) if self.questions is None else self.questions[index]
        return [(number, self.features[number]) for number in numbers]

    def lengths(self) -> list[int]:
        """Return the tokens of each item."""
        return [sum(len(feature.input_ids) for _, feature in self[index]) for index in range(len(self))]


def build_training_set(
    recipe: Recipe,
    trainable: TrainableModel,
    sets: Sequence[LoadedData],
    found: Sequence[Passages | None] | None = None,
) -> TrainingSet:
    """
    Cut all questions and contexts into windows.

    :param found: The passages of each file's questions, or None for those that are asked of their own contexts; None in
        all where no file has a corpus, and every window is trained on by itself.
    :raises UsageError: If nothing is left to train on, or questions have no room in a window.
    """
    features: list[Feature] = []
    ranges: list[range] = []
    described = []
    for number, loaded in enumerate(sets):
        seed = recipe.seed + number
        builder = FeatureBuilder(
            trainable.inputs.tokenizer,
            trainable.inputs.pair_format,
            max_seq_length=recipe.max_seq_length,
            stride=recipe.stride,
            max_query_length=recipe.max_query_length,
        )
        passages = None if found is None else found[number]
        asked = loaded.drawn(seed)
        read = [
            [question] if passages is None else _readings(question, passages[question.id], recipe.passages)
            for question, _ in asked
        ]
        for (_, times), some in zip(asked, _together(builder, read), strict=True):
            for _ in range(times if some else 0):
                ranges.append(range(len(features), len(features) + len(some)))
                features.extend(some)
        described.append({**loaded.describe(), **builder.counts})
        if passages is not None:
            described[-1] |= _counted([passages[question.id] for question, _ in asked], recipe.passages)
    if not features:
        msg = "expected windows to train on, found none: no question has a context with words and an answer in it"
        raise UsageError(msg)
    unanswerable = any(not question.answerable for loaded in sets for question in loaded.questions.questions)
    null_answer = found is not None or unanswerable
    return TrainingSet(features, described, null_answer, None if found is None else ranges)


def _readings(question: Question, found: Sequence[LabeledPassage], most: int) -> list[Question]:
    """Return a question once for each of its passages, its own first, with the answer that the passage holds."""
    return [
        replace(question, context=passage.text, answers=() if passage.answer is None else (passage.answer,))
        for passage in passages_to_read(found, most)
    ]


def _together(builder: FeatureBuilder, read: Sequence[Sequence[Question]]) -> Iterator[list[Feature]]:
    """Yield for each question the features of all its passages; none where its own cannot be trained on."""
    made = builder.build([reading for readings in read for reading in readings])
    for readings in read:
        own, *others = [next(made) for _ in readings]
        yield [feature for some in (own, *others) for feature in some] if own else []


def _counted(found: Sequence[Sequence[LabeledPassage]], most: int) -> dict[str, Any]:
    """Return how many passages were found, and of which kinds they are."""
    kinds = [passage.kind for some in found for passage in passages_to_read(some, most)]
    return {
        "passages": len(kinds),
        "found_positive": kinds.count("positive"),
        "found_negative": kinds.count("negative"),
        "found_left_out": sum(passage.kind == "left out" for some in found for passage in some),
    }
