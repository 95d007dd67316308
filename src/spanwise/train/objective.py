"""What a model is trained to do: to give right answers, or to be like a teacher."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from spanwise.train.inputs.training_set import TrainingSet
    from spanwise.train.loop.qa_trainer import QATrainer
    from spanwise.train.loop.scoring import Scorer
    from spanwise.train.model import TrainableModel
    from spanwise.train.passages.gather import Passages
    from spanwise.train.training_job import TrainingJob


@dataclass(frozen=True, slots=True)
class LoadedTraining:
    """
    A training whose model is loaded and whose questions are cut into windows.

    :param found: The passages that were found for each file's questions; see `build_training_set`.
    :param scorer: Evaluates the model; None for no evaluation.
    """

    job: "TrainingJob"
    trainable: "TrainableModel"
    training_set: "TrainingSet"
    found: "Sequence[Passages | None] | None"
    scorer: "Scorer | None"


class Objective(Protocol):
    """
    An objective of training; its functions are called in the order in which they stand here.

    :param reads_together: Whether it wants all passages of a question in one batch, where passages were found; it is
        given windows one by one otherwise.
    """

    reads_together: bool

    def settings(self) -> dict[str, Any]:
        """Return what decides the weights besides the recipe and its data, as JSON values."""
        return {}

    def trainer(self, loaded: LoadedTraining) -> AbstractContextManager["QATrainer"]:
        """Yield the trainer; when the block ends, the model is ready to be written."""
        ...

    def record(self) -> dict[str, Any]:
        """Return what is added to a training's record, as JSON values."""
        return {}


class FineTuning(Objective):
    """Trains on right answers alone."""

    reads_together = True

    @contextmanager
    def trainer(self, loaded: LoadedTraining) -> Iterator["QATrainer"]:
        """See `Objective.trainer`."""
        from spanwise.train.loop.qa_trainer import QATrainer
        from spanwise.train.passages.trainer import PassagesTrainer

        make = QATrainer if loaded.training_set.questions is None else PassagesTrainer
        yield make(loaded)
