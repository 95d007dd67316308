"""Settings that pydantic checks, with errors of one line."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from spanwise.errors import UsageError

EXPECTED = {"mapping_type": "keys and values", "tuple_type": "a list"}
"""What was expected as YAML calls it, by pydantic's types of errors; for others pydantic's own words are taken."""


class CheckedModel(BaseModel):
    """Immutable settings; unknown keys and values of another type are refused with a UsageError."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _explain_errors(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(values)
        except ValidationError as error:
            raise UsageError(cls._explanation(error)) from error

    @classmethod
    def checked(cls, values: Any, source: str) -> Self:
        """
        Make settings of plain values.

        :param source: Where they are from, for messages.
        :raises UsageError: If a key is unknown or missing, or a value is not valid.
        """
        try:
            return cls.model_validate(values)
        except UsageError as error:
            msg = f"{source}: {error}"
            raise UsageError(msg) from error

    @classmethod
    def _explanation(cls, error: ValidationError) -> str:
        """Return one line about the first of pydantic's errors: what was expected, what was found, what to do."""
        first = error.errors(include_url=False)[0]
        kind, found, key = first["type"], first["input"], next(iter(first["loc"]), None)
        if kind == "missing":
            return f"expected {key}, found none; add it"
        if kind == "extra_forbidden" or key is None:
            wrong = found if key is None else key
            return f"expected keys of {', '.join(cls.model_fields)}, found {wrong!r}; correct it or leave it out"
        expected = EXPECTED.get(kind, first["msg"].removeprefix("Input should be "))
        hint = " (YAML reads 1e-4 as a text; write 1.0e-4)" if kind == "float_type" and isinstance(found, str) else ""
        return f"expected {key} to be {expected}, found {found!r}{hint}; correct it"
