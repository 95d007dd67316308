"""Ten tasks on a real terminal, as a person does them; the screens are kept as text beside this file."""

import os
import re
import stat
import time

import pytest

from terminal import Terminal, kept_screen

MAST = "How tall is the mast of the weather station?"
SLIT = "How long does it take for the dome slit to open?"


def test_ask_and_follow_a_citation(few_documents, state):
    with Terminal("ask", "--passages", "4", *SLIT.split(), folder=few_documents) as terminal:
        assert terminal.end() == 0
        kept_screen("ask", terminal.screen, few_documents)
        assert terminal.links[0] == (few_documents / "docs/manuals/sollinger-operating-manual.pdf").as_uri() + "#page=2"
        assert b"\x1b[1;30;43m95 seconds" in terminal.raw
    kept = state / "last-answer.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "dome slit" not in kept.read_text()
    opened = few_documents.parent / f"opened-{os.getpid()}"
    programs = state.parent / "bin"
    programs.mkdir()
    (programs / "xdg-open").write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}"\n')
    (programs / "xdg-open").chmod(0o755)
    path = {"PATH": f"{programs}:{os.environ['PATH']}"}
    with Terminal("open", "1", folder=few_documents, environment=path) as terminal:
        assert terminal.end() == 0
        kept_screen("open", terminal.screen, few_documents)
    assert opened.read_text() == str(few_documents / "docs/manuals/sollinger-operating-manual.pdf")
    with Terminal("open", "9", folder=few_documents, environment=path) as terminal:
        assert terminal.end() == 2
        assert "expected the number of a citation from 1 to 1, found 9" in terminal.screen
    with Terminal("show", "docs/weather-station.md", "--lines", "1:6", folder=few_documents) as terminal:
        assert terminal.end() == 0
        kept_screen("show", terminal.screen, few_documents)


def test_search(few_documents, state):
    with Terminal("search", "mast", "height", "-k", "2", "--by", "lexical", folder=few_documents) as terminal:
        assert terminal.end() == 0
        kept_screen("search", terminal.screen, few_documents)
        assert b"\x1b[1;30;43mmast" in terminal.raw


@pytest.mark.slow
def test_filter(few_documents, state):
    with Terminal("ask", MAST, "-f", "*.pdf", "-f", "nowhere/*", "-p", "4", folder=few_documents) as terminal:
        assert terminal.end() == 0
        assert "weather-station.md" not in terminal.screen
    with Terminal("ask", MAST, "--kind", "docx", folder=few_documents) as terminal:
        assert terminal.end() == 2
        kept_screen("filter", terminal.screen, few_documents)


@pytest.mark.slow
def test_a_conversation(few_documents, state):
    typed = (
        "\n",
        "/help\n",
        "/more\n",
        f"{MAST}\n",
        "half a question\x03",
        "/sources\n",
        "/open 7\n",
        "/filter *.pdf\n",
        "/wat\n",
        f"{SLIT}\n",
        "/more\n",
        "\x04",
    )
    with Terminal("ask", "--passages", "4", folder=few_documents, lines=120) as terminal:
        for number, line in enumerate(typed, 1):
            terminal.until_prompt(number).type(line)
        assert terminal.end() == 0
        kept_screen("conversation", terminal.screen, few_documents)
    assert "found none yet" in terminal.screen
    assert "asking files that match *.pdf" in terminal.screen
    history = state / "history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    with Terminal("ask", folder=few_documents) as terminal:
        terminal.until_prompt(1).type("\x1b[A")  # the key that goes up
        terminal.until("/more").type("\x03/quit\n")
        assert terminal.end() == 0


@pytest.mark.slow
def test_a_batch(few_documents, state, tmp_path):
    (tmp_path / "questions.txt").write_text(f"{MAST}\n{SLIT}\n")
    options = ("--questions", tmp_path / "questions.txt", "--passages", "4")
    with Terminal("ask", *options, folder=few_documents, columns=70) as terminal:
        assert terminal.end() == 0
        kept_screen("batch", terminal.screen, few_documents)


@pytest.mark.slow
def test_index_interrupt_and_resume(home, state):
    (home / "docs" / "long.txt").write_text(
        "\n\n".join(f"The pump number {n} is {n * 7} mm wide." for n in range(6000))
    )
    with Terminal("index", "docs", folder=home) as terminal:
        terminal.until("long.txt")
        time.sleep(2)
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "interrupted" in terminal.screen
        assert re.search(r"^interrupted", terminal.screen, re.MULTILINE)
    (home / "docs" / "long.txt").write_text("The pump is 7 mm wide.\n")
    with Terminal("index", "docs", folder=home) as terminal:
        assert terminal.end() == 0
        kept_screen("index", terminal.screen, home)


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"HOME": None}, {"HOME": "/proc"}], ids=str
)
@pytest.mark.slow
def test_terminals_and_homes_that_lack_something(few_documents, environment, monkeypatch):
    monkeypatch.delenv("XDG_STATE_HOME")
    with Terminal(
        "ask", SLIT, "-p", "4", folder=few_documents, environment={"XDG_STATE_HOME": "", **environment}, columns=40
    ) as terminal:
        assert terminal.end() == 0
        assert "95 seconds" in terminal.screen
        assert "Traceback" not in terminal.screen
        if "NO_COLOR" in environment:
            assert b"\x1b[3" not in terminal.raw
            assert b"\x1b[1m95 seconds" in terminal.raw
        if "TERM" in environment:
            assert b"\x1b" not in terminal.raw
        words = " ".join(terminal.screen.split())
        assert "the dome slit" in words  # wrapped by words


@pytest.mark.slow
def test_a_closed_pipe_ends_it_quietly(few_documents):
    with Terminal(folder=few_documents) as terminal:
        assert terminal.end() != 1
    import subprocess
    import sys

    for command in ("files", "show docs/weather-station.md"):
        ran = subprocess.run(
            ["/bin/sh", "-c", f"{sys.executable} -m spanwise {command} | head -c 1"],
            cwd=few_documents,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in ran.stderr
        assert "Error" not in ran.stderr
