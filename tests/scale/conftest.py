import os
import random
import time

import pytest

HOUR = 3600
NOUNS = ("observatory", "pump", "ladder", "harbor", "bakery", "railway", "library", "turbine", "orchard", "archive")


@pytest.fixture(scope="session", autouse=True)
def patience():
    """Let Ray wait for its own processes where cores are busy; by default a node gives up, and nobody says so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_agent_register_timeout_ms", "600000")
        patch.setenv("RAY_worker_register_timeout_seconds", "600")
        yield


def text_of(number):
    """Return the text of a file: some passages of its own, and one that all files share."""
    chance = random.Random(number)
    facts = [
        f"The {chance.choice(NOUNS)} of district {number} has the number {chance.randint(100, 99_999)}. It was counted "
        f"in the year {chance.randint(1800, 2020)}, together with the {chance.choice(NOUNS)} beside it, by "
        f"{chance.randint(2, 90)} people of whom none came from district {chance.randrange(1000)}."
        for _ in range(24)
    ]
    return "\n\n".join(["This text is under the licence of the districts. " * 12, *facts]) + "\n"


@pytest.fixture
def folder(tmp_path):
    """A folder of forty texts, and of one that cannot be converted."""
    folder = tmp_path / "districts"
    folder.mkdir()
    for number in range(40):
        (folder / f"district{number:02}.txt").write_text(text_of(number), encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    for file in folder.iterdir():
        os.utime(file, (time.time() - HOUR,) * 2)
    return folder
