import pytest

from spanwise.evaluate.squad_metric import holds_words, is_right


@pytest.mark.parametrize(
    ("answer", "golds", "exact", "holds"),
    [
        ("The Port 5310.", ["port 5310"], True, True),
        ("port 5310", ["5310"], False, True),
        ("53", ["5310"], False, False),
        ("5310", ["port 5310", "5310"], True, True),
        ("5310", [], False, False),
        ("", ["5310"], False, False),
        ("the", ["a port"], False, False),
    ],
)
def test_is_right(answer, golds, exact, holds):
    assert (is_right(answer, golds, "exact"), is_right(answer, golds)) == (exact, holds)


def test_nothing_is_held_nowhere():
    assert holds_words("big dog", "dog")
    assert not holds_words("big dogs", "dog")
    assert not holds_words("big dog", "")
