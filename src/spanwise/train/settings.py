"""Settings that pydantic checks, with errors of one line."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, ValidationInfo, model_validator

from spanwise.errors import UsageError

EXPECTED = {
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "int_type": "a whole number",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le}",
    "mapping_type": "keys and values",
    "model_type": "keys and values",
    "string_type": "a text",
    "tuple_type": "a list",
}
"""What was expected, by pydantic's types of errors; for others its own words are taken."""


class Settings(BaseModel):
    """Immutable settings; unknown keys and values of another type are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _explain_errors(cls, values: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        try:
            return handler(values)
        except ValidationError as error:
            if info.context is not None:  # `checked` explains it, who knows the whole place
                raise
            raise UsageError(explanation(error, cls, cls.__name__)) from error

    @classmethod
    def checked(cls, values: Any, source: str) -> Self:
        """
        Make settings of plain values.

        :param source: Where they are from, for messages.
        :raises UsageError: If a key is unknown or missing, or a value cannot be meant.
        """
        try:
            return cls.model_validate(values, context={"source": source})
        except ValidationError as error:
            raise UsageError(explanation(error, cls, source)) from error
        except UsageError as error:  # of a validator of ours
            msg = f"{source}: {error}"
            raise UsageError(msg) from error


def explanation(error: ValidationError, model: type[BaseModel], source: str) -> str:
    """Return one line about the first of pydantic's errors: what was expected where, what was found, what to do."""
    first = error.errors(include_url=False)[0]
    kind, found, context = first["type"], first["input"], first.get("ctx", {})
    *outer, key = [str(part) for part in first["loc"] if isinstance(part, str)]
    place = " of ".join([*reversed(outer), source])
    if kind == "missing":
        return f"expected {key} in {place}, found none; add it"
    if kind == "extra_forbidden":
        known = ", ".join(_model_at(model, outer).model_fields)
        return f"expected keys of {known} in {place}, found {key!r}; correct it or leave it out"
    bounds = {name: f"{bound:g}" if isinstance(bound, float) else bound for name, bound in context.items()}
    expected = EXPECTED.get(kind, first["msg"].removeprefix("Input should be ")).format(**bounds)
    hint = " (YAML reads 1e-4 as a text; write 1.0e-4)" if kind == "float_type" and isinstance(found, str) else ""
    return f"expected {key} of {place} to be {expected}, found {found!r}{hint}; correct it"


def _model_at(model: type[BaseModel], path: list[str]) -> type[BaseModel]:
    """Return the model that stands at a path of keys."""
    for key in path:
        parts = [model.model_fields[key].annotation]
        while parts:
            part = parts.pop()
            if isinstance(part, type) and issubclass(part, BaseModel):
                model = part
                break
            parts.extend(getattr(part, "__args__", ()))
    return model
