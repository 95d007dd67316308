import math

import pytest

from spanwise.index.filters import parse_filters
from spanwise.index.pushdown import narrowed


def column(field):
    return None if field == "embedding" else field


def compare(field, operator, value):
    return {"field": field, "operator": operator, "value": value}


NUMBER = compare("n", "==", 3)
ORDER = compare("m", ">", 2)


@pytest.mark.parametrize(
    ("filters", "sql"),
    [
        (NUMBER, ("n = ?", [3])),
        (compare("t", "==", "word"), ("t = ?", ["word"])),
        (ORDER, ("(m > ? OR typeof(m) = 'text')", [2])),
        (compare("n", "in", [1, "a"]), ("(n = ? OR n = ?)", [1, "a"])),
        ({"operator": "AND", "conditions": [NUMBER, ORDER]}, ("(n = ? AND (m > ? OR typeof(m) = 'text'))", [3, 2])),
        ({"operator": "OR", "conditions": [NUMBER, NUMBER]}, ("(n = ? OR n = ?)", [3, 3])),
    ],
)
def test_what_sqlite_can_check_is_left_to_it(filters, sql):
    assert narrowed(parse_filters(filters), column) == sql


@pytest.mark.parametrize(
    "filters",
    [
        compare("embedding", "==", 3),
        compare("n", "==", None),
        compare("n", "!=", 3),
        compare("n", "not in", [3]),
        compare("n", "==", math.inf),
        compare("n", "==", 1 << 60),
        compare("n", ">", "2024-05-01"),
        compare("t", "==", "2024-05-01"),
        compare("t", "==", "nul\0"),
        compare("t", "==", "\ud800"),
        compare("n", "in", [1, None]),
        {"operator": "NOT", "conditions": [NUMBER]},
        {"operator": "OR", "conditions": [NUMBER, compare("n", "!=", 3)]},
    ],
)
def test_what_sqlite_could_get_wrong_is_not(filters):
    assert narrowed(parse_filters(filters), column) == ("TRUE", [])


def test_a_condition_that_may_be_refused_is_not_hidden_by_one_behind_it():
    filters = {"operator": "AND", "conditions": [ORDER, NUMBER]}
    assert narrowed(parse_filters(filters), column) == ("((m > ? OR typeof(m) = 'text'))", [2])
