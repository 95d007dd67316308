"""The windows of all the data of a training."""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spanwise.errors import UsageError
from spanwise.train.data_files import LoadedData
from spanwise.train.features import Feature, FeatureBuilder, repeated
from spanwise.train.model import Trainee
from spanwise.train.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    What a model is trained on.

    :param features: Of all data, repeated by weight.
    :param data: What became of each file's questions.
    :param null_answer: Whether any question has no answer, so that the model learns to say so.
    """

    features: list[Feature]
    data: list[dict[str, Any]]
    null_answer: bool


def prepare(recipe: Recipe, trainee: Trainee, sets: Sequence[LoadedData]) -> Prepared:
    """
    Cut all questions and contexts into windows.

    :raises UsageError: If nothing is left to train on, or questions have no room in a window.
    """
    features: list[Feature] = []
    described = []
    for number, loaded in enumerate(sets):
        builder = FeatureBuilder(
            trainee.plain,
            trainee.pair_format,
            max_seq_length=recipe.max_seq_length,
            stride=recipe.stride,
            max_query_length=recipe.max_query_length,
            keep_negatives=recipe.keep_negatives,
            seed=recipe.seed + number,
        )
        made = builder.build(loaded.questions.questions)
        features.extend(repeated(made, loaded.entry.weight, recipe.seed + number))
        counts = asdict(builder.counts)
        counts["dropped"] = len(builder.counts.dropped)
        described.append({**loaded.describe(), **counts})
    if not features:
        msg = "expected windows to train on, found none: no question has a context with words and an answer in it"
        raise UsageError(msg)
    asked = itertools.chain.from_iterable(loaded.questions.questions for loaded in sets)
    return Prepared(features, described, null_answer=any(not question.answerable for question in asked))
