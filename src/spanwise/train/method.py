"""What a training may do besides learning right answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from spanwise.train.fit import MakeTrainer
    from spanwise.train.job import Job
    from spanwise.train.model import Trainee
    from spanwise.train.prepare import Prepared


class Method(Protocol):
    """A way to train; its functions are called in the order in which they stand here."""

    def settings(self) -> dict[str, Any]:
        """Return what decides the weights besides the recipe and its data, as JSON knows it."""
        ...

    def trainer(self, job: "Job", trainee: "Trainee", prepared: "Prepared") -> "AbstractContextManager[MakeTrainer]":
        """Give what makes the trainer; afterwards the trainee's model is as it is to be written."""
        ...

    def record(self) -> dict[str, Any]:
        """Return what a training's record says besides, as JSON knows it."""
        ...


class FineTuning:
    """Learns right answers alone."""

    def settings(self) -> dict[str, Any]:
        """See `Method.settings`."""
        return {}

    @contextmanager
    def trainer(self, job: "Job", trainee: "Trainee", prepared: "Prepared") -> "Iterator[MakeTrainer]":  # noqa: ARG002
        """See `Method.trainer`."""
        from spanwise.train.passages.trainer import PassagesTrainer
        from spanwise.train.qa_trainer import QATrainer

        if prepared.questions is None:
            yield QATrainer
        else:
            yield partial(PassagesTrainer, shared=job.recipe.shared_normalization)

    def record(self) -> dict[str, Any]:
        """See `Method.record`."""
        return {}
