import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.errors import UsageError
from spanwise.train.distillation.layers import layer_mapping


@given(st.integers(1, 48), st.integers(1, 48))
def test_layers_are_spread_evenly(first, second):
    student, teacher = sorted((first, second))
    mapping = layer_mapping(student, teacher)
    assert len(mapping) == student
    assert mapping[-1] == teacher
    assert all(1 <= layer <= teacher for layer in mapping)
    steps = [after - before for before, after in zip((0, *mapping), mapping, strict=False)]
    assert min(steps) >= 1
    assert max(steps) - min(steps) <= 1


def test_a_choice_is_kept():
    assert layer_mapping(6, 12) == (2, 4, 6, 8, 10, 12)
    assert layer_mapping(2, 4, (1, 4)) == (1, 4)


@pytest.mark.parametrize(
    ("student", "teacher", "chosen", "message"),
    [
        (3, 2, None, "expected a student of at most 2 layers, which its teacher has, found 3; name a smaller student"),
        (3, 2, (1, 1, 2), "expected a student of at most 2 layers"),
        (2, 4, (1, 2, 3), "expected a layer of the teacher for each of the student's 2, found 3; correct layers"),
        (2, 4, (1, 5), "expected layers between 1 and 4, which are the teacher's, found 5; correct layers"),
        (2, 4, (0, 4), "expected layers between 1 and 4, which are the teacher's, found 0"),
    ],
)
def test_what_does_not_fit(student, teacher, chosen, message):
    with pytest.raises(UsageError, match=message):
        layer_mapping(student, teacher, chosen)
