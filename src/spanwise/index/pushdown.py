"""The part of a filter that SQLite can check: rows it leaves out do not match, those it keeps are checked again."""

import math
from collections.abc import Callable
from typing import Any

from spanwise.index.filters import ORDERS, Comparison, Condition, Logic, is_moment

Sql = tuple[str, list[Any]]
EXACT = 1 << 53
"""Beyond it, SQLite's numbers and Python's may differ."""


def narrowed(condition: Condition, column: Callable[[str], str | None]) -> Sql:
    """
    Return an SQL condition that is false only for rows that a filter does not match, and "TRUE" if there is none.

    A row whose value cannot be compared as the filter asks is kept, so that the filter says so.

    :param column: Gives the SQL of a field's value, or None if it has none: text, a number, or NULL if it is not there;
        lists, objects and dates are text.
    """
    if isinstance(condition, Comparison):
        return _comparison(condition, column)
    if condition.operator == "NOT":
        return _ALL
    parts = [narrowed(part, column) for part in condition.conditions]
    if condition.operator == "AND":
        parts = parts[: 1 + next((i for i, part in enumerate(condition.conditions) if _may_fail(part)), len(parts))]
        parts = [part for part in parts if part != _ALL]
    if not parts or _ALL in parts:
        return _ALL
    joined = f" {condition.operator} ".join(text for text, _ in parts)
    return f"({joined})", [value for _, values in parts for value in values]


_ALL: Sql = ("TRUE", [])


def _comparison(comparison: Comparison, column: Callable[[str], str | None]) -> Sql:
    value = column(comparison.field)
    wanted = comparison.value
    if value is None:
        return _ALL
    if comparison.operator == "in":
        equal = [_equal(value, one) for one in wanted]
        if _ALL in equal or not equal:
            return _ALL
        return f"({' OR '.join(text for text, _ in equal)})", [one for _, values in equal for one in values]
    if comparison.operator == "==":
        return _equal(value, wanted)
    if comparison.operator in ORDERS and _is_exact_number(wanted):
        return f"({value} {comparison.operator} ? OR typeof({value}) = 'text')", [wanted]
    return _ALL


def _equal(value: str, wanted: Any) -> Sql:
    if _is_exact_number(wanted) or (_is_plain_text(wanted) and not is_moment(wanted)):
        return f"{value} = ?", [wanted]
    return _ALL


def _is_exact_number(wanted: Any) -> bool:
    return isinstance(wanted, (bool, int, float)) and math.isfinite(wanted) and abs(wanted) < EXACT


def _is_plain_text(wanted: Any) -> bool:
    """Whether SQLite takes a text as Python does: it holds no NUL and no lone surrogate."""
    if not isinstance(wanted, str) or "\0" in wanted:
        return False
    try:
        wanted.encode()
    except UnicodeEncodeError:
        return False
    return True


def _may_fail(condition: Condition) -> bool:
    """Whether evaluating a condition may raise, so that what stands behind it must not decide first."""
    if isinstance(condition, Logic):
        return any(_may_fail(part) for part in condition.conditions)
    return condition.operator in ORDERS
