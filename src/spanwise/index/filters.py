"""Haystack's metadata filters: checked whole before use, then evaluated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import dateutil.parser  # type: ignore[import-untyped]
from haystack.errors import FilterError

Get = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field compared with one value."""

    field: str
    operator: str
    value: Any

    def matches(self, get: Get) -> bool:
        """Evaluate it; `get` returns the value of a field, None for one that is not there."""
        return _COMPARISONS[self.operator](get(self.field), self.value)

    def fields(self) -> Iterator[str]:
        """Yield the field."""
        yield self.field


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by AND, OR or NOT; NOT is true unless all of them are."""

    operator: str
    conditions: tuple["Comparison | Logic", ...]

    def matches(self, get: Get) -> bool:
        """Evaluate it; `get` returns the value of a field, None for one that is not there."""
        results = (condition.matches(get) for condition in self.conditions)
        if self.operator == "OR":
            return any(results)
        return all(results) is (self.operator == "AND")

    def fields(self) -> Iterator[str]:
        """Yield every field, some perhaps twice."""
        for condition in self.conditions:
            yield from condition.fields()


Condition = Comparison | Logic


def parse_filters(filters: Any) -> Condition | None:
    """
    Check Haystack filters.

    :param filters: A comparison or a logic dictionary; None or an empty one matches everything.
    :returns: What to evaluate, or None for everything.
    :raises FilterError: If anything in it is not as Haystack defines it, wherever it stands.
    """
    return None if filters is None or filters == {} else _parse(filters)


def _parse(filters: Any) -> Condition:
    if not isinstance(filters, dict):
        msg = f"expected a filter as a dictionary, got {type(filters).__name__}: {filters!r}"
        raise FilterError(msg)
    names = ("field", "operator", "value") if "field" in filters else ("operator", "conditions")
    for name in names:
        if name not in filters:
            msg = f"expected a filter with the keys {', '.join(names)}, got no {name!r} in {filters!r}"
            raise FilterError(msg)
    operator = filters["operator"]
    known = list(_COMPARISONS) if "field" in filters else ["AND", "OR", "NOT"]
    if operator not in known:
        msg = f"expected one of the operators {', '.join(known)}, got {operator!r} in {filters!r}"
        raise FilterError(msg)
    if "field" not in filters:
        conditions = filters["conditions"]
        if not isinstance(conditions, list):
            msg = f"expected conditions as a list, got {type(conditions).__name__} in {filters!r}"
            raise FilterError(msg)
        return Logic(operator, tuple(_parse(condition) for condition in conditions))
    _check_value(operator, filters)
    return Comparison(filters["field"], operator, filters["value"])


def _check_value(operator: str, comparison: dict[str, Any]) -> None:
    field, value = comparison["field"], comparison["value"]
    if not isinstance(field, str):
        msg = f"expected the name of a field, got {field!r} in {comparison!r}"
        raise FilterError(msg)
    if operator in {"in", "not in"} and not isinstance(value, list):
        msg = f"expected a list for the operator {operator!r}, got {type(value).__name__}: {value!r}"
        raise FilterError(msg)
    if operator in ORDERS:
        if isinstance(value, (list, dict)):
            msg = f"expected a number or a date for the operator {operator!r}, got {type(value).__name__}: {value!r}"
            raise FilterError(msg)
        if isinstance(value, str):
            _parsed(value)


def _equal(value: Any, wanted: Any) -> bool:
    if value == wanted:
        return True
    first, second = _exact_moment(value), _exact_moment(wanted)
    return first is not None and second is not None and _aligned(first, second)[0] == _aligned(first, second)[1]


def _is_in(value: Any, wanted: list[Any]) -> bool:
    return any(_equal(value, one) for one in wanted)


def is_moment(value: Any) -> bool:
    """Whether a value is compared as a date: it is one, or a text that is a whole ISO 8601 date."""
    return _exact_moment(value) is not None


def _exact_moment(value: Any) -> datetime | None:
    """Return a date, or a string that is a whole ISO 8601 date, as a moment."""
    if isinstance(value, date):
        return _moment(value)
    if not isinstance(value, str) or len(value) < 10 or value[4] != "-" or value[7] != "-":
        return None
    if not (value[:4] + value[5:7] + value[8:10]).isdigit() or value[10:11] not in {"", "T", "t", " "}:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        pass
    try:
        exact: datetime = dateutil.parser.isoparse(value)
    except (ValueError, OverflowError):
        return None
    return exact


def _moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _parsed(value: Any) -> datetime:
    """Return a date in any usual spelling as a moment."""
    if isinstance(value, date):
        return _moment(value)
    try:
        return datetime.fromisoformat(value)
    except (ValueError, TypeError):
        pass
    try:
        parsed: datetime = dateutil.parser.parse(value)
    except (ValueError, TypeError, OverflowError) as error:
        msg = f"expected a number or a date to compare by order, got {value!r}: compare texts with == or in"
        raise FilterError(msg) from error
    return parsed


def _aligned(first: datetime, second: datetime) -> tuple[datetime, datetime]:
    """Give a moment without time zone the other's."""
    if (first.tzinfo is None) == (second.tzinfo is None):
        return first, second
    zone = first.tzinfo or second.tzinfo
    return first.replace(tzinfo=first.tzinfo or zone), second.replace(tzinfo=second.tzinfo or zone)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(value: Any, wanted: Any) -> bool:
        if value is None or wanted is None:
            return False
        if any(isinstance(side, (str, date)) for side in (value, wanted)):
            value, wanted = _aligned(_parsed(value), _parsed(wanted))
        try:
            return compare(value, wanted)
        except TypeError as error:
            msg = f"expected values that have an order, got {value!r} and {wanted!r}"
            raise FilterError(msg) from error

    return check


ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": _ordered(lambda value, wanted: bool(value > wanted)),
    ">=": _ordered(lambda value, wanted: bool(value >= wanted)),
    "<": _ordered(lambda value, wanted: bool(value < wanted)),
    "<=": _ordered(lambda value, wanted: bool(value <= wanted)),
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda value, wanted: not _equal(value, wanted),
    **ORDERS,
    "in": _is_in,
    "not in": lambda value, wanted: not _is_in(value, wanted),
}
