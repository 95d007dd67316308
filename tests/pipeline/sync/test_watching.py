"""Changes are noticed."""

import sys
from threading import Event, Timer

import pytest

from spanwise.pipeline.sync.watching import changes_in

pytest.importorskip("watchfiles")


@pytest.fixture
def changes(tmp_path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "notes.txt").write_text("The sky is blue.", encoding="utf-8")
    stop = Event()
    ends = Timer(30, stop.set)  # what never comes is no longer waited for
    ends.start()
    yield lambda *places: changes_in([tmp_path / place for place in places], tmp_path / "i", stop=stop)
    stop.set()
    ends.cancel()


@pytest.mark.parametrize("places", [["papers"], ["notes.txt"], ["papers", "notes.txt"]])
def test_it_begins_by_saying_that_it_watches(changes, tmp_path, places):
    noticed = changes(*places)
    assert next(noticed, "nothing") is None
    (tmp_path / places[-1]).touch() if places[-1] == "notes.txt" else (tmp_path / "papers" / "a.txt").touch()
    assert next(noticed, "nothing") is None


def test_a_folder_that_comes_back_is_looked_at_once_it_is_watched(changes, tmp_path):
    noticed = changes("papers")
    next(noticed)
    (tmp_path / "papers").rename(tmp_path / "away")
    next(noticed)
    (tmp_path / "away").rename(tmp_path / "papers")
    next(noticed)
    (tmp_path / "papers" / "a.txt").touch()  # while what came back is synced
    assert next(noticed, "nothing") is None


@pytest.mark.skipif(sys.platform != "linux", reason="such names are refused elsewhere")
def test_a_name_that_is_no_utf_8_is_a_change_and_the_next_is_noticed_too(changes, tmp_path):
    noticed = changes("papers")
    next(noticed)
    for number in range(2):
        (tmp_path / "papers" / f"caf\udce9{number}.txt").touch()
        assert next(noticed, "nothing") is None
    (tmp_path / "papers" / "a.txt").touch()
    assert next(noticed, "nothing") is None
