import sys

import pytest

from spanwise.cli import progress
from spanwise.cli.progress import describe_sync, spinner, step_progress, sync_progress
from spanwise.pipeline.sync import SyncProgress

HALFWAY = SyncProgress(files=3, files_total=1200, bytes=50.0, bytes_total=100, passages=40, file="a\nb.txt")


def test_a_line_about_a_sync():
    assert describe_sync(HALFWAY, 20.0) == "3/1,200 files  40 passages, 2/s, about 20 s left  a\\nb.txt"
    assert describe_sync(SyncProgress(), 0.0) == "0/0 files  0 passages, 0/s  "
    long = SyncProgress(file="x" * 40)
    assert describe_sync(long, 1.0).endswith("  ..." + "x" * 29)


def test_elsewhere_it_is_a_line_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with step_progress() as step:
        step("asking", 1, 4)
        step("opening", 0, 0)
    with sync_progress() as report:
        report(HALFWAY)
    asking, opening, sync = capsys.readouterr().err.splitlines()
    assert (asking, opening) == ("asking: 25%", "opening")
    assert sync.startswith("3/1,200 files  40 passages, ")
    assert sync.endswith("a\\nb.txt: 50%")
    monkeypatch.setattr(progress, "LINE_EVERY", 60.0)
    with spinner("compacting"):
        pass
    assert capsys.readouterr().err == ""
    with step_progress(stages=True) as step:
        for done in range(4):
            step("preparing" if done < 2 else f"training  loss {done}", done, 4)
    assert capsys.readouterr().err == "training  loss 2: 50%\n"


@pytest.mark.parametrize("what", ["asking [all]", "reading [/x] \\[y]"])
def test_on_a_terminal_it_is_a_bar(monkeypatch, capsys, what):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with step_progress() as step:
        step(what, 1, 4)
    shown = capsys.readouterr().err
    assert what in shown
    assert "25%" in shown
