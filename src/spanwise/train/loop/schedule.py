"""At which updates a training reports, evaluates and is saved; and when it stops early."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import TrainingArguments

REPORTS = 200  # values of the loss in a training's record, at least, where it has so many updates
MOST_BETWEEN = 50  # updates between two of them


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    What happens after which update.

    :param steps: Updates in all.
    :param evaluations: Updates after which the model is evaluated; the last is always one of them.
    :param checkpoint_every: Updates between two checkpoints; every evaluation is followed by one too.
    :param report_every: Updates between two values of the loss.
    :param measure: Which the best checkpoint is chosen by.
    :param patience: Evaluations without a better one before the training stops, or None.
    """

    steps: int
    evaluations: frozenset[int]
    checkpoint_every: int
    report_every: int
    measure: str
    patience: int | None

    @classmethod
    def of(
        cls,
        args: "TrainingArguments",
        windows: int,
        evaluate_every: float | None,
        checkpoint_every: int,
        measure: str,
        patience: int | None,
    ) -> "Schedule":
        """
        Spread evaluations over a training.

        :param windows: How many are seen in an epoch.
        :param evaluate_every: Epochs between two evaluations, or None for one at the end.
        """
        batches = math.ceil(windows / (args.per_device_train_batch_size * max(1, args.world_size)))
        in_epoch = math.ceil(batches / args.gradient_accumulation_steps)
        steps = args.max_steps if args.max_steps > 0 else math.ceil(args.num_train_epochs * in_epoch)
        each = math.inf if evaluate_every is None else max(1.0, evaluate_every * in_epoch)
        count = 0 if each == math.inf else int(steps / each)
        evaluations = {round(number * each) for number in range(1, count + 1)} | {steps}
        report_every = max(1, min(MOST_BETWEEN, steps // REPORTS))
        return cls(steps, frozenset(evaluations), checkpoint_every, report_every, measure, patience)

    def evaluates(self, step: int) -> bool:
        """Tell whether the model is evaluated after an update."""
        return step in self.evaluations

    def saves(self, step: int) -> bool:
        """Tell whether a checkpoint is written after an update."""
        return step in self.evaluations or step % self.checkpoint_every == 0

    def reports(self, step: int) -> bool:
        """Tell whether the loss is reported; before a checkpoint always, so that a resumed record is the same."""
        return step % self.report_every == 0 or self.saves(step)

    def best(self, history: Sequence[Mapping[str, Any]]) -> int | None:
        """
        Return the update of the best evaluation, the first of equals; None where there was none.

        :param history: The Trainer's log.
        """
        found = self._values(history)
        return max(found, key=lambda entry: (entry[1], -entry[0]))[0] if found else None

    def exhausted(self, history: Sequence[Mapping[str, Any]]) -> bool:
        """
        Tell whether the last `patience` evaluations were none of them better than one before.

        :param history: The Trainer's log.
        """
        found = [value for _, value in self._values(history)]
        if self.patience is None or len(found) <= self.patience:
            return False
        return max(found[-self.patience :]) <= max(found[: -self.patience])

    def _values(self, history: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
        name = f"eval_{self.measure}"
        return [(int(entry["step"]), float(entry[name])) for entry in history if name in entry]
