"""Build the windows of all the data of a training."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from spanwise.errors import UsageError
from spanwise.squad.questions import Question
from spanwise.train.inputs.batches import Windows
from spanwise.train.inputs.data_files import LoadedData
from spanwise.train.inputs.features import Feature, FeatureBuilder
from spanwise.train.model import TrainableModel
from spanwise.train.passages.gather import Passages
from spanwise.train.passages.labels import LabeledPassage, passages_to_read
from spanwise.train.recipe import Recipe


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
        counted = (
            {} if passages is None else _counted([passages[question.id] for question, _ in asked], recipe.passages)
        )
        described.append({**loaded.describe(), **asdict(builder.counts), **counted})
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
