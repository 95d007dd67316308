import pytest

from spanwise.evaluate.stages import STAGES, lost_at

NOWHERE = {"in_source": False, "in_passages": False, "retrieved": False}
FOUND = {"in_source": True, "in_passages": True, "retrieved": True}


@pytest.mark.parametrize(
    ("rank", "abstained", "where", "expected"),
    [
        (1, False, FOUND, None),
        (1, True, FOUND, "below_threshold"),
        (2, False, FOUND, "out_ranked"),
        (2, True, NOWHERE, "out_ranked"),
        (None, False, FOUND, "misread"),
        (None, True, FOUND, "misread"),
        (None, False, FOUND | {"retrieved": False}, "not_retrieved"),
        (None, False, NOWHERE | {"in_source": True}, "not_indexed"),
        (None, False, NOWHERE, "not_converted"),
    ],
)
def test_the_first_stage_that_lost_it(rank, abstained, where, expected):
    assert lost_at(right_rank=rank, abstained=abstained, **where) == expected
    assert expected is None or expected in STAGES
