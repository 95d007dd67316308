"""Report the progress of a training."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from transformers import TrainerCallback

from spanwise.progress import ReportCount, counting
from spanwise.train.progress import ReportTraining, TrainingProgress

LEAST_S = 0.2  # seconds between two reports


class Reporter(TrainerCallback):
    """
    A callback of Trainer that reports updates and evaluations.

    :param report: What is called.
    :param tokens: Gives the tokens trained on so far, padding left out.
    """

    def __init__(self, report: ReportTraining, tokens: Callable[[], int]) -> None:
        self._report = report
        self._tokens = tokens
        self._state = TrainingProgress("training")
        self._history: list[dict[str, float]] = []  # what Trainer has logged, also before an interruption
        self._spent = 0.0  # seconds in updates
        self._first = 0
        self._began = self._last = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note how many updates there are, and those before an interruption."""
        self._first, self._history = state.global_step, state.log_history
        self._state = replace(self._state, step=state.global_step, steps=state.max_steps)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Note when the update began."""
        self._began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report the update, unless another was reported just before."""
        now = time.monotonic()
        self._spent += now - self._began
        if now - self._last < LEAST_S and state.global_step < state.max_steps:
            return
        self._last = now
        left = state.max_steps - state.global_step
        self._state = replace(
            self._state,
            step=state.global_step,
            epoch=float(state.epoch),
            tokens_per_second=self._tokens() / max(self._spent, 1e-9),
            seconds_left=left * self._spent / max(1, state.global_step - self._first),
        )
        self._report(self._measured())

    def counting(self, what: str, total: int) -> ReportCount:
        """Return a callback that reports how many questions of an evaluation are done."""

        def report(what: str, done: int, of: int) -> None:
            self._report(replace(self._measured(), what=what, step=done, steps=of, seconds_left=None))

        return counting(report, what, total)

    def _measured(self) -> TrainingProgress:
        """Return how far the updates are, with what was last logged of them."""
        logged = {name: value for entry in self._history for name, value in entry.items()}
        return replace(
            self._state,
            loss=logged.get("loss"),
            learning_rate=logged.get("learning_rate"),
            f1=logged.get("eval_f1"),
            best_f1=max((entry["eval_f1"] for entry in self._history if "eval_f1" in entry), default=None),
        )
