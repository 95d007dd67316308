from types import SimpleNamespace

import pytest

from spanwise.evaluate.corpus import lost_at
from spanwise.evaluate.outcome import STAGES

NOWHERE = SimpleNamespace(in_source=False, in_passages=False)
IN_SOURCE = SimpleNamespace(in_source=True, in_passages=False)
FOUND = SimpleNamespace(in_source=True, in_passages=True)


@pytest.mark.parametrize(
    ("evidence", "right_rank", "passage_rank", "abstained", "expected"),
    [
        (FOUND, 1, 1, False, None),
        (FOUND, 1, 1, True, "below_threshold"),
        (FOUND, 2, 1, False, "out_ranked"),
        (NOWHERE, 2, None, True, "out_ranked"),
        (FOUND, None, 1, False, "misread"),
        (NOWHERE, None, 4, True, "misread"),
        (FOUND, None, None, False, "not_retrieved"),
        (IN_SOURCE, None, None, False, "not_indexed"),
        (NOWHERE, None, None, False, "not_converted"),
        (None, None, None, False, "answered_unanswerable"),
        (None, None, None, True, None),
    ],
)
def test_the_first_stage_that_lost_it(evidence, right_rank, passage_rank, abstained, expected):
    found = lost_at(evidence, right_rank=right_rank, passage_rank=passage_rank, abstained=abstained)
    assert found == expected
    assert expected is None or expected in STAGES
