"""Ten tasks on a real terminal, as a person does them; the screens are kept as text beside this file."""

import os
import re
import stat
import time

import pytest

from screens.terminal import Terminal, kept_screen

MAST = "How tall is the mast of the weather station?"
SLIT = "How long does it take for the dome slit to open?"
CAKE = "Who paid for the cake when Wren found its hundredth near-Earth object?"


def test_ask_and_follow_a_citation(few_documents, state):
    with Terminal("ask", *CAKE.split(), folder=few_documents) as terminal:
        assert terminal.end() == 0
        kept_screen("ask", terminal.screen, few_documents)
        assert terminal.links[0] == (few_documents / "docs/newsletters/spring-2024.md").as_uri()
        assert b"\x1b[1;30;43mMarisol Uyeda" in terminal.raw
    kept = state / "last-answer.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "cake" not in kept.read_text()
    opened = few_documents.parent / f"opened-{os.getpid()}"
    programs = state.parent / "bin"
    programs.mkdir()
    (programs / "xdg-open").write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}"\n')
    (programs / "xdg-open").chmod(0o755)
    path = {"PATH": f"{programs}:{os.environ['PATH']}"}
    with Terminal("open", "1", folder=few_documents, environment=path) as terminal:
        assert terminal.end() == 0
        kept_screen("open", terminal.screen, few_documents)
    assert opened.read_text() == str(few_documents / "docs/newsletters/spring-2024.md")
    with Terminal("open", "9", folder=few_documents, environment=path) as terminal:
        assert terminal.end() == 2
        assert "expected the number of a citation from 1 to 1, found 9" in terminal.screen
    with Terminal("show", "docs/weather-station.md", "--lines", "1:6", folder=few_documents) as terminal:
        assert terminal.end() == 0
        kept_screen("show", terminal.screen, few_documents)
    with Terminal("show", "docs/weather-station.md", folder=few_documents, environment={"PAGER": "wc -l"}) as terminal:
        assert terminal.end() == 0  # a text that is longer than the screen goes to the pager
        lines = (few_documents / "docs" / "weather-station.md").read_text(encoding="utf-8").splitlines()
        assert terminal.screen.split() == [str(len(lines))]


def test_search(few_documents, state):
    with Terminal("search", "mast", "height", "-k", "2", "--by", "lexical", folder=few_documents) as terminal:
        assert terminal.end() == 0
        kept_screen("search", terminal.screen, few_documents)
        assert b"\x1b[1;30;43mmast" in terminal.raw
    with Terminal(
        "search", "seconds", "open", "slit", "--kind", "pdf", "--by", "lexical", folder=few_documents
    ) as terminal:
        assert terminal.end() == 0
        pdf = (few_documents / "docs/manuals/sollinger-operating-manual.pdf").as_uri()
        assert f"{pdf}#page=2" in terminal.links


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
    with Terminal("ask", folder=few_documents, lines=120) as terminal:
        for number, line in enumerate(typed, 1):
            terminal.until_prompt(number)
            if line.startswith(SLIT):
                kept_screen("conversation", terminal.screen, few_documents)
            terminal.type(line)
        assert terminal.end() == 0
        for shown in ("found none yet", "asking files that match *.pdf", "95 seconds", "[5]"):
            assert shown in terminal.screen
    history = state / "history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    with Terminal("ask", folder=few_documents) as terminal:
        terminal.until_prompt(1).type("\x1b[A")  # the key that goes up
        terminal.until("/more").type("\x03")
        terminal.until_prompt(2).type("/quit\n")
        assert terminal.end() == 0


@pytest.mark.slow
def test_a_batch(few_documents, state, tmp_path):
    (tmp_path / "questions.txt").write_text(f"{MAST}\n{CAKE}\n")
    options = ("--questions", tmp_path / "questions.txt")
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


@pytest.mark.slow
def test_a_stale_file(home, state):
    news = home / "docs" / "newsletters" / "spring-2024.md"
    news.write_text(news.read_text(encoding="utf-8").replace("Marisol Uyeda", "Ottoline Frayne"), encoding="utf-8")
    with Terminal("ask", CAKE, folder=home) as terminal:
        assert terminal.end() == 0
        assert "Marisol Uyeda" in terminal.screen
        kept_screen("stale", terminal.screen, home)
    with Terminal("ask", "--sync", CAKE, folder=home) as terminal:
        assert terminal.end() == 0
        assert "Marisol" not in terminal.screen
        kept_screen("synced", terminal.screen, home)


@pytest.mark.slow
def test_a_file_of_another_folder_is_named_by_it_and_found_by_its_path(home, state):
    (home / "more").mkdir()
    (home / "more" / "pump.txt").write_text("The pump of the greenhouse is forty years old.\n")
    with Terminal("index", "more", folder=home) as terminal:
        assert terminal.end() == 0
    with Terminal("search", "greenhouse", "pump", "-k", "1", "--by", "lexical", folder=home) as terminal:
        assert terminal.end() == 0
        assert "[1] more/pump.txt, line 1" in terminal.screen
        assert terminal.links == [(home / "more" / "pump.txt").as_uri()]
    for path in ("more/pump.txt", home / "more" / "pump.txt"):
        with Terminal("show", path, folder=home) as terminal:
            assert terminal.end() == 0
            assert terminal.screen == "1  The pump of the greenhouse is forty years old.\n"


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"HOME": None}, {"HOME": "/proc"}], ids=str
)
@pytest.mark.slow
def test_terminals_and_homes_that_lack_something(few_documents, environment, monkeypatch):
    monkeypatch.delenv("XDG_STATE_HOME")
    asked = ("ask", MAST, "-p", "4", "--threshold", "0")
    changed = {"XDG_STATE_HOME": "", **environment}
    with Terminal(*asked, folder=few_documents, environment=changed, columns=40) as terminal:
        assert terminal.end() == 0
        assert "12 meters" in terminal.screen
        assert "Traceback" not in terminal.screen
        if "NO_COLOR" in environment:
            assert b"\x1b[3" not in terminal.raw
            assert b"\x1b[1m12 meters" in terminal.raw
        if "TERM" in environment:
            assert b"\x1b" not in terminal.raw
        words = " ".join(terminal.screen.split())
        assert "at a hinge near the base" in words  # wrapped by words


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
