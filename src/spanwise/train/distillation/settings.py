"""What a distillation adds to a recipe."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict, field_validator

from spanwise.errors import UsageError
from spanwise.train.settings import CheckedModel


class Intermediate(CheckedModel):
    """
    A stage before the distillation of logits, in which the student's layers learn from those of a teacher.

    :param teacher: A reader: a hub name or a folder; None for the first of the distillation's.
    :param attentions: Whether attention scores are matched, and not hidden states alone.
    :param changes: Keys of the recipe that are otherwise in this stage, such as `epochs` or `train`.
    """

    teacher: str | None = None
    attentions: bool = True
    changes: Mapping[str, Any] = Field(default_factory=dict)


class Distillation(CheckedModel):
    """
    How a student learns from a teacher.

    :param teacher: Readers, each a hub name or a folder, whose probabilities are averaged.
    :param temperature: By which the logits of teacher and student are divided before they are compared.
    :param distillation_loss_weight: Share, in [0, 1], of the loss against the teacher; the rest is that against the
        right answers.
    :param intermediate: The stage before, or None for none.
    """

    teacher: Annotated[
        tuple[str, ...],
        Strict(False),
        BeforeValidator(lambda value: (str(value),) if isinstance(value, str | Path) else value),
        Field(validate_default=True),
    ] = ()
    temperature: float = Field(1.5, gt=0)
    distillation_loss_weight: float = Field(0.75, ge=0, le=1)
    intermediate: Intermediate | None = None

    @field_validator("teacher")
    @classmethod
    def _check_teachers(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            msg = "expected a teacher, found none; name a reader with --teacher"
            raise UsageError(msg)
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            msg = f"expected each teacher once, found {twice!r} twice; leave one out"
            raise UsageError(msg)
        return names
