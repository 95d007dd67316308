"""Evaluate a model during and after its training, with the reader's own code and the official measures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from spanwise.evaluate.reader import evaluate_reader
from spanwise.progress import ReportCount
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.read.windows import WindowBuilder
from spanwise.squad.questions import Question, QuestionSet

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from spanwise.train.model import TrainableModel
    from spanwise.train.recipe import Recipe

Counting = Callable[[str, int], ReportCount]
MEASURES = ("exact", "f1", "best_exact", "best_f1")


class Scorer:
    """
    Measures a model by the official metric.

    :param sets: What to measure on, whole.
    :param null_answer: Whether the model is trained to say "no answer".
    :raises UsageError: If a question is too long to be read: before anything is trained.
    """

    def __init__(
        self, recipe: "Recipe", trainable: "TrainableModel", sets: Sequence[QuestionSet], *, null_answer: bool
    ) -> None:
        self._settings = ReaderSettings(
            "the model in training", max_seq_length=recipe.max_seq_length, stride=recipe.stride, null_answer=null_answer
        )
        self._limit = recipe.evaluate_limit
        self._trainable = trainable
        self._sets = sets
        inputs, sizes = trainable.inputs, {"max_seq_length": recipe.max_seq_length, "stride": recipe.stride}
        builder = WindowBuilder(inputs.tokenizer, inputs.pair_format, **sizes)
        builder.check_questions([question.question for questions in sets for question in questions.questions])

    def score(self, model: "PreTrainedModel", counting: Counting) -> dict[str, float]:
        """
        Measure the model as it stands, on at most `evaluate_limit` questions of each file.

        :param counting: Makes a callback of what is done and of how much there is.
        :returns: Means over the files, in percent.
        """
        from spanwise.read.backends.torch import TorchBackend

        reader = SpanReader(self._settings, backend=TorchBackend(model, self._trainable.tokenizer))
        some = [replace(questions, questions=self._some(questions.questions)) for questions in self._sets]
        progress = counting("evaluating", _count(some))
        results = [evaluate_reader(reader, questions, progress=progress) for questions in some]
        # Where "no answer" is never given there is no threshold to choose: the best is what is.
        return {
            name: fmean(result.get(name, result[name.removeprefix("best_")]) for result in results) for name in MEASURES
        }

    def score_folder(self, folder: Path, device: str, counting: Counting) -> dict[str, Mapping[str, Any]]:
        """Measure a model's folder on all questions; SQuAD's measures by the files' names."""
        how: dict[str, Any] = {"device": device, "null_answer": None, "backend": "torch", "precision": "fp32"}
        reader = SpanReader(replace(self._settings, model=str(folder), **how))
        progress = counting("measuring", _count(self._sets))
        return {questions.name: evaluate_reader(reader, questions, progress=progress) for questions in self._sets}

    def _some(self, questions: tuple[Question, ...]) -> tuple[Question, ...]:
        """Return `evaluate_limit` questions, evenly from the whole file, whose sources may follow one another."""
        count = len(questions)
        if self._limit is None or count <= self._limit:
            return questions
        return tuple(questions[place * count // self._limit] for place in range(self._limit))


def _count(sets: Sequence[QuestionSet]) -> int:
    return sum(len(questions.questions) for questions in sets)
