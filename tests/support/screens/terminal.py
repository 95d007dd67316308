"""A command on a pseudo-terminal, with the screen as a person sees it."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pexpect
import pyte

LONGEST = 120.0  # seconds until something must have come
_LINK = re.compile(rb"\x1b\]8;[^;]*;([^\x1b\x07]*)(?:\x1b\\|\x07)")


def heed_interruptions():
    """Let Ctrl-C be heard, also where the tests run in the background of a shell, which does not hear it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """
    Runs the command line on a terminal.

    :param arguments: After `spanwise`.
    :param folder: The current directory.
    :param environment: Variables beside those of the tests; None takes one away.
    """

    def __init__(self, *arguments, folder, environment=None, columns=100, lines=40):
        variables = {**os.environ, "TERM": "xterm-256color", "HF_HUB_OFFLINE": "1", **(environment or {})}
        for name in ("NO_COLOR", "COLUMNS", "LINES"):
            if name not in (environment or {}):
                variables.pop(name, None)
        self.raw = b""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "spanwise", *map(str, arguments)],
            cwd=str(folder),
            env={name: value for name, value in variables.items() if value is not None},
            dimensions=(lines, columns),
            timeout=LONGEST,
            preexec_fn=heed_interruptions,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.close(force=True)

    @property
    def screen(self):
        """The lines that are on the screen, without those that are empty at its end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip("\n") + "\n"

    @property
    def links(self):
        """What the hyperlinks lead to, in their order."""
        return [link.decode() for link in _LINK.findall(self.raw) if link]

    def until(self, text):
        """Wait until the screen shows a text."""
        return self._until(lambda: text in self.screen, repr(text))

    def until_prompt(self, number):
        """Wait until there are so many prompts of a conversation, the one that waits among them."""
        return self._until(lambda: self._prompts() >= number, f"prompt {number}")

    def _prompts(self):
        return sum(line.startswith("? ") for line in self._screen.display)

    def _until(self, there, what):
        end = time.monotonic() + LONGEST
        while not there():
            if not self._read() or time.monotonic() > end:
                msg = f"{what} did not come; on the screen was:\n{self.screen}"
                raise AssertionError(msg)
        return self

    def type(self, text):
        """Press keys."""
        self._child.send(text)

    def end(self):
        """Wait for the command's end; returns its exit status."""
        while self._read():
            pass
        self._child.wait()
        return self._child.exitstatus

    def _read(self):
        try:
            piece = self._child.read_nonblocking(65536, timeout=LONGEST)
        except pexpect.EOF:
            return False
        self.raw += piece
        self._stream.feed(piece)
        return True


def kept_screen(name, screen, folder):
    """
    Compare a screen with the one that is kept as text, but for what a processor, a clock or a path moves.

    With SPANWISE_KEEP_SCREENS=1 it is kept anew.
    """
    file = Path(__file__).parents[2] / "cli" / "terminal" / "screens" / f"{name}.txt"
    shown = screen.replace(str(folder), "/home/you")
    if os.environ.get("SPANWISE_KEEP_SCREENS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert _steady(shown) == _steady(file.read_text(encoding="utf-8"))


def _steady(screen):
    """Return a screen with each number that stands for a confidence or a time as #."""
    return re.sub(r">?\d+%|\d+\.\d+(?: s\b)?|\d\d:\d\d|20\d\d-\d\d-\d\d", "#", screen)
