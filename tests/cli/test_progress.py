import sys

import pytest

from spanwise.cli import progress
from spanwise.cli.progress import Rate, describe_sync, spinner, step_progress, sync_progress
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


def test_a_rate_follows_what_happens_without_jumps():
    rate, total = Rate(), 0.0
    for second in range(61):
        rate.update(total, float(second))
        total += 100.0
    assert rate.rate == pytest.approx(100.0)
    rate.update(total, 61.1)  # a moment in which nothing happens, or very much
    assert 90 < rate.rate < 101
    for second in range(62, 182):
        total += 10.0
        rate.update(total, float(second))
    assert rate.rate == pytest.approx(10.0, rel=0.05)
    rate.update(total, 0.0)  # never less, whatever the clock says
    assert rate.rate == pytest.approx(10.0, rel=0.05)


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
