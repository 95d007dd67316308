import itertools
import re
import sys
import time

import pytest

from spanwise.cli import progress
from spanwise.cli.progress import describe_sync, spinner, step_progress, sync_progress
from spanwise.pipeline.sync.progress import SyncProgress

HALFWAY = SyncProgress(
    files=3, files_total=1200, bytes=5e6, bytes_total=10**7, passages=40, file="a\nb.txt", doing="converting"
)
SHOWN = "3/1,200 files, 5.0 of 10.0 MB  40 passages, "


def test_a_line_about_a_sync():
    assert describe_sync(HALFWAY, 250_000.0, 2.0) == f"{SHOWN}2/s, about 20 s left  converting a\\nb.txt"
    assert describe_sync(SyncProgress(doing="looking through papers"), 0.0, 0.0) == "looking through papers"
    long = SyncProgress(files_total=1, file="x" * 40, doing="converting")
    assert describe_sync(long, 0.0, 1.0).endswith("  converting ..." + "x" * 29)
    ahead = SyncProgress(files_total=1, file="converted-ahead.txt", doing="embedding")
    assert describe_sync(ahead, 0.0, 1.0).endswith("  embedding")


def test_a_rate_follows_what_happens_without_jumps(monkeypatch, capsys):
    now, done, rates = 1000.0, 0.0, []
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with sync_progress() as report:
        for passed, more in [(1.0, 100.0)] * 61 + [(0.1, 50.0)] + [(1.0, 10.0)] * 120:
            now, done = now + passed, done + more
            report(SyncProgress(files_total=1, bytes=done, bytes_total=10**9, passages=int(done), doing="embedding"))
            rates.append(float(re.search(r"passages, (\d+)/s", capsys.readouterr().err)[1]))
    assert rates[0] == 0.0
    assert set(rates[2:61]) == {100.0}
    assert 90 < rates[61] < 105  # a moment in which nothing happens, or very much
    assert all(before >= after for before, after in itertools.pairwise(rates[62:]))
    assert rates[-1] == 10.0


@pytest.mark.parametrize(
    ("kept", "terminal", "said"),
    [
        (3, False, "interrupted: 3 of 10 files were indexed and stay; run the same command again to go on\n"),
        (0, True, "\ninterrupted: what was committed stays; run the same command again to go on\n"),
    ],
)
def test_an_interruption_says_what_is_kept_on_a_line_of_its_own(monkeypatch, capsys, kept, terminal, said):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    with pytest.raises(KeyboardInterrupt), sync_progress() as report:  # noqa: PT012
        report(SyncProgress(kept=kept, files_total=10))
        raise KeyboardInterrupt
    assert capsys.readouterr().err.endswith(said)


def test_elsewhere_it_is_a_line_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with step_progress() as step:
        step("asking", 1, 4)
        step("opening", 0, 0)
    with sync_progress() as report:
        report(HALFWAY)
    asking, opening, sync = capsys.readouterr().err.splitlines()
    assert (asking, opening) == ("asking: 25%", "opening")
    assert sync.startswith(SHOWN)
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
