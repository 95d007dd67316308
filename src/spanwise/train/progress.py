"""How far a training is."""

from collections.abc import Callable
from dataclasses import dataclass


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
