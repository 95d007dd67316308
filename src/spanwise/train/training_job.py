"""A training to run: its recipe, data, output folder and device, and how far it is."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypedDict, Unpack

from spanwise.errors import ModelError, UsageError
from spanwise.progress import ReportCount, counting
from spanwise.runtime.device import resolve_device
from spanwise.train.inputs.data_files import LoadedData, load_data, require_placed
from spanwise.train.loop.arguments import processes
from spanwise.train.passages.corpora import load_corpora
from spanwise.train.recipe import Recipe

Notify = Callable[[str], None]
"""Called with a sentence for a person."""
OF_CORPORA = ("passages", "embedder", "shared_normalization")  # which decide nothing without one


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """
    How far a training is.

    :param what: "preparing", "teacher reads", "training", "evaluating" or "measuring"; after "layers: " in the stage of
        a distillation that matches layers.
    :param step: Updates done; windows or questions that are read, where that is what is done.
    :param steps: In all.
    :param epoch: Epochs done, with their fraction.
    :param loss: Mean of the last updates; None before the first report.
    :param learning_rate: At the last report.
    :param f1: Of the last evaluation, in percent; None before the first.
    :param best_f1: Of the best evaluation so far.
    :param tokens_per_second: Of training alone, padding left out; None before the first update.
    :param seconds_left: Until all updates are done, evaluations left out; None before the first update.
    """

    what: str
    step: int = 0
    steps: int = 0
    epoch: float = 0.0
    loss: float | None = None
    learning_rate: float | None = None
    f1: float | None = None
    best_f1: float | None = None
    tokens_per_second: float | None = None
    seconds_left: float | None = None


ReportTraining = Callable[[TrainingProgress], None]


class TrainingOptions(TypedDict, total=False):
    """
    Where and how a recipe is run; every option may be left out.

    :param data: The folder of the recipe's files; None, as by default, for the current directory.
    :param device: "auto", as by default, "cpu", "cuda" or "mps".
    :param token: Hub token for private models, or None.
    :param progress: Called now and then with how far it is.
    :param notify: Called with what a person should know, such as that an interrupted training goes on.
    :param cache: A folder, which stays, for what is found in corpora and for the logits of teachers; other trainings
        can share it. None, as by default, for one that is removed when the training is finished.
    """

    data: Path | str | None
    device: str
    token: str | None
    progress: ReportTraining | None
    notify: Notify | None
    cache: Path | str | None


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """
    A training to run.

    :param sets: What is trained on.
    :param evaluated: What is measured on.
    :param device: "cpu", "cuda", "cuda:N" or "mps".
    :param cache: A folder for what is found in corpora, which other trainings share; None for one that is removed.
    """

    recipe: Recipe
    output: Path
    sets: list[LoadedData]
    evaluated: list[LoadedData]
    device: str
    token: str | None
    report: ReportTraining
    notify: Notify
    cache: Path | None = None

    def settings(self) -> dict[str, Any]:
        """Return what decides the weights that come out; data by its content and not by its place."""
        from spanwise.train.model import model_fingerprint

        made = {
            **self.recipe.settings(),
            "train": [loaded.settings() for loaded in self.sets],
            "eval": [loaded.settings() for loaded in self.evaluated],
            "model_fingerprint": model_fingerprint(self.recipe.model),
            "processes": processes(),
        }
        left_out = ("corpus",) if self.has_corpora else ("corpus", *OF_CORPORA)
        return {name: value for name, value in made.items() if name not in left_out}

    def counting(self, what: str, total: int) -> ReportCount:
        """Return a callback that reports how much of something is done; it is called with what was done since."""
        return counting(lambda what, done, of: self.report(TrainingProgress(what, step=done, steps=of)), what, total)

    @property
    def has_corpora(self) -> bool:
        """Whether passages are found for any question."""
        return any(loaded.corpora is not None for loaded in self.sets)


def load_training_job(recipe: Recipe, output: Path | str, **options: Unpack[TrainingOptions]) -> TrainingJob:
    """
    Read a recipe's data, and check it.

    :param options: See `TrainingOptions`.
    :raises UsageError: If data cannot be read, or an answer does not stand at its offset.
    :raises ModelError: If the packages for training are not installed.
    """
    if find_spec("accelerate") is None:
        msg = "expected the package accelerate, found none; pip install 'spanwise[train]'"
        raise ModelError(msg)
    report, notify = options.get("progress"), options.get("notify")
    report = ignore if report is None else report
    report(TrainingProgress("preparing"))
    folder, cache = _expanded(options.get("data")), _expanded(options.get("cache"))
    sets = [_with_corpora(load_data(entry, folder), recipe, folder) for entry in recipe.train]
    evaluated = [load_data(entry, folder) for entry in recipe.eval]
    _check_data(recipe, sets, evaluated)
    return TrainingJob(
        recipe=recipe,
        output=Path(os.path.expanduser(output)),
        sets=sets,
        evaluated=evaluated,
        device=resolve_device(options.get("device", "auto")),
        token=options.get("token"),
        report=report,
        notify=ignore if notify is None else notify,
        cache=cache,
    )


def _expanded(path: Path | str | None) -> Path | None:
    return None if path is None else Path(os.path.expanduser(path))


def _with_corpora(loaded: LoadedData, recipe: Recipe, folder: Path | None) -> LoadedData:
    place = recipe.corpus if loaded.entry.corpus is None else loaded.entry.corpus
    return loaded if place is None else replace(loaded, corpora=load_corpora(place, loaded.questions.questions, folder))


def ignore(_: object) -> None:
    """Do nothing with a report or a notice; for callers who want none."""


def _check_data(recipe: Recipe, sets: list[LoadedData], evaluated: list[LoadedData]) -> None:
    if not recipe.drop_misplaced:
        for loaded in sets:
            require_placed(loaded)
    names = [loaded.questions.name for loaded in evaluated]
    for name in names:
        if names.count(name) > 1:
            msg = f"expected evaluation files of different names, found {name!r} twice; rename one"
            raise UsageError(msg)
