"""Citations are opened by the desktop's own program, and nothing is run."""

import json
import os

import pytest

from spanwise.cli.asking.open import Followed, keep


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """The file that a stand-in for the desktop's program writes what it was given to."""
    for name in ("xdg-open", "open"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\nprintf %s "$*" > "{tmp_path}/opened"\n')
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "opened"


def test_a_document_is_opened_by_its_path(spanwise, opened, tmp_path):
    file = tmp_path / "-a b.md"
    file.write_text("x")
    keep([Followed("gone.md", tmp_path / "gone.md"), Followed("-a b.md, line 1", file), Followed("?", None)])
    ran = spanwise("open", 2)
    assert (ran.code, ran.out, ran.err) == (0, "", "opening -a b.md, line 1\n")
    assert opened.read_text() == str(file)
    for number in (1, 3):
        ran = spanwise("open", number)
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert "expected the file of" in ran.err


@pytest.mark.parametrize(("name", "mode"), [("evil.exe", 0o644), ("evil.desktop", 0o644), ("evil", 0o755)])
def test_what_a_desktop_might_run_is_refused(spanwise, opened, tmp_path, name, mode):
    (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / name).chmod(mode)
    keep([Followed(name, tmp_path / name)])
    ran = spanwise("open", 1)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "which a desktop might run" in ran.err
    assert not opened.exists()


@pytest.mark.parametrize("kept", [None, "", "[]", "5", "[1]", json.dumps([["a"]]), "\xff"])
def test_where_nothing_is_kept_it_says_what_to_do(spanwise, opened, tmp_path, kept):
    if kept is not None:
        (tmp_path / "state" / "spanwise").mkdir(parents=True)
        (tmp_path / "state" / "spanwise" / "last-answer.json").write_text(kept, encoding="latin-1")
    ran = spanwise("open")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert 'ask first: spanwise ask "QUESTION"' in ran.err


def test_where_nothing_can_be_written_nothing_is_kept(spanwise, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for state in (str(tmp_path / "file"), "/proc/nowhere", "relative"):
        monkeypatch.setenv("XDG_STATE_HOME", state)
        keep([Followed("a.md", tmp_path / "a.md")])
        assert spanwise("open").code == 1
