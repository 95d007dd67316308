from datetime import UTC, date, datetime, time, timedelta, timezone
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.index.store.metadata import dump_meta, load_meta, value_key

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(codec=None)),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(timedelta(hours=-3, minutes=30)))),
)
KEYS = st.text(max_size=4) | st.sampled_from(["$datetime", "$dict", "$float", "$tuple", "$date"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=8,
)


def typed(value):
    """The value with its types, so that 1, 1.0 and True differ."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return (type(value), [typed(item) for item in value])
    return (type(value), value)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_metadata_comes_back_as_it_went_in(meta):
    assert typed(load_meta(dump_meta(meta))) == typed(meta)


def test_nan_comes_back():
    assert isnan(load_meta(dump_meta({"x": nan}))["x"])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1, 2}, r"meta\['x'\]: expected JSON types, tuples, dates or times, found set: convert it"),
        ({3: "a"}, r"meta\['x'\]: expected keys of type str, found 3"),
        ([object()], r"meta\['x'\]: expected JSON types, .* found object"),
    ],
    ids=["set", "key", "object"],
)
def test_what_cannot_be_stored_is_refused_by_its_key(value, message):
    with pytest.raises(ValueError, match=message):
        dump_meta({"x": value})


def test_value_keys_tell_types_apart():
    values = [1, 1.0, "1", True, [1], (1,), date(2024, 1, 1), datetime(2024, 1, 1), time(1), None, {"a": 1, "b": 2}]
    assert len({value_key(value) for value in values}) == len(values)
    assert value_key({"b": 2, "a": 1}) == value_key({"a": 1, "b": 2})
