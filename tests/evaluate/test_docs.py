"""docs/evaluation.md names every key of a result."""

import re
from pathlib import Path

from spanwise.evaluate.outcome import STAGES, Isolated

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(\w+)`", PAGE))


def keys_of(value):
    if isinstance(value, dict):
        yield from (key for key in value if not key.isdigit())
        for inner in value.values():
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_every_key_of_an_evaluation_is_named(make_outcome, make_evaluation):
    document = make_evaluation([make_outcome(1, isolated=Isolated("5310", 1, 1.0))])
    of_other_things = {"retrieve", "read", "total"}  # stages of the timings
    assert set(keys_of(document)) - of_other_things <= NAMED


def test_every_stage_has_a_row():
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert set(STAGES) | {"nothing"} <= set(rows)
