"""What a distillation adds to a recipe, checked."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spanwise.errors import UsageError


@dataclass(frozen=True, slots=True)
class Intermediate:
    """
    A stage before the distillation of logits, in which the student's layers learn from those of a teacher.

    :param teacher: A reader: a hub name or a folder; None for the first of the distillation's.
    :param layers: For each layer of the student, from its first, the number of the teacher's that it learns from,
        counted from 1; None spreads them evenly.
    :param attentions: Whether attention scores are matched, and not hidden states alone.
    :param changes: Keys of the recipe that are otherwise in this stage, such as `epochs` or `train`.
    """

    teacher: str | None = None
    layers: tuple[int, ...] | None = None
    attentions: bool = True
    changes: Mapping[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """Return all of it, as JSON knows it."""
        return {
            "teacher": self.teacher,
            "layers": None if self.layers is None else list(self.layers),
            "attentions": self.attentions,
            "changes": json.loads(json.dumps(dict(self.changes), default=str)),
        }


@dataclass(frozen=True, slots=True)
class Distillation:
    """
    How a student learns from a teacher.

    :param teacher: Readers, each a hub name or a folder, whose probabilities are averaged.
    :param temperature: By which the logits of teacher and student are divided before they are compared.
    :param distillation_loss_weight: Share, in [0, 1], of the loss against the teacher; the rest is that against the
        right answers.
    :param intermediate: The stage before, or None for none.
    """

    teacher: tuple[str, ...]
    temperature: float = 1.5
    distillation_loss_weight: float = 0.75
    intermediate: Intermediate | None = None

    def __post_init__(self) -> None:
        if not self.teacher:
            msg = "expected a teacher, found none; name a reader with --teacher"
            raise UsageError(msg)
        twice = next((name for name in self.teacher if self.teacher.count(name) > 1), None)
        if twice is not None:
            msg = f"expected each teacher once, found {twice!r} twice; leave one out"
            raise UsageError(msg)
        if not 0 < self.temperature < math.inf:
            msg = f"expected a temperature above 0, found {self.temperature}; 1.5 is usual"
            raise UsageError(msg)
        if not 0 <= self.distillation_loss_weight <= 1:
            msg = f"expected a distillation_loss_weight between 0 and 1, found {self.distillation_loss_weight}"
            raise UsageError(msg)

    def settings(self) -> dict[str, Any]:
        """Return all of it, as JSON knows it."""
        return {
            "teacher": list(self.teacher),
            "temperature": self.temperature,
            "distillation_loss_weight": self.distillation_loss_weight,
            "intermediate": None if self.intermediate is None else self.intermediate.settings(),
        }
