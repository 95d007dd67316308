"""A model that somebody sent is used as far as it is sound, or refused in one line; it runs no code and asks no hub."""

import sys

import pytest
from benchmarks.hostile.models import CALIBRATIONS, GRAPHS, MODELS, READERS, judge, make_good
from benchmarks.hostile.watched.run import run

LONG = ["graph runs for ever", "graph asks for 80 GB"]
QUICK = [*(name for name in GRAPHS if name not in LONG), *CALIBRATIONS, *list(READERS)[:3], "config is deep"]
"""What is refused without PyTorch, which takes long to load."""


@pytest.fixture(scope="session")
def good(made_once):
    return made_once("good-models", make_good)


@pytest.mark.parametrize("size", [0, 400_000_000])
def test_the_memory_of_a_command_is_its_own(size, tmp_path):
    mine = b"1" * 300_000_000
    ran = run([sys.executable, "-c", f"b'1' * {size}"], tmp_path.resolve(), longest=60)
    assert ran.code == 0
    assert size <= ran.peak < size + len(mine)


@pytest.mark.parametrize("name", QUICK)
def test_a_model_from_a_stranger_harms_nothing(name, good, tmp_path):
    row = judge(name, tmp_path.resolve(), good)
    assert row.found.startswith("ok, ")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODELS if name not in QUICK])
def test_every_other_model_from_a_stranger_harms_nothing(name, good, tmp_path):
    row = judge(name, tmp_path.resolve(), good)
    assert row.found.startswith("ok, ")
