"""A conversation on a terminal: questions, and commands that begin with a slash."""

import os
import shlex
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spanwise.cli.app import raising_interruptions
from spanwise.cli.asking.open import Followed, choose, open_file
from spanwise.cli.output import echo
from spanwise.errors import SpanwiseError, UsageError
from spanwise.files.patterns import path_matcher
from spanwise.files.state import state_folder
from spanwise.types import FileFilter, QueryResult

if TYPE_CHECKING:
    from spanwise.cli.asking.printers import TextPrinter

HISTORY = 1000  # lines
HINT = "Ask a question. /help says what else there is; Ctrl-D leaves."
HELP = """/more               all candidates of the last answer
/sources            where they stand, by number
/open N             open citation N in the desktop's program
/filter PATTERN...  ask only files that match, such as "my folder/"; /filter alone asks all again
/quit               leave; so does Ctrl-D
Ctrl-C clears the line, and stops an answer that takes too long."""


@dataclass(slots=True)
class Conversation:
    """
    Questions that follow one another.

    :param answers: Answers questions among the files of a filter.
    :param wanted: The filter; patterns that are typed count instead of its own.
    :param citations: Those of the last answer, in the order of their numbers.
    """

    answers: Callable[[Sequence[str], FileFilter], list[QueryResult]]
    printer: "TextPrinter"
    wanted: FileFilter
    citations: Sequence[Followed] = ()

    def run(self) -> None:
        """Answer until the end of input."""
        echo(HINT, err=True)
        with _history(), _own_interruptions():
            while True:
                try:
                    line = input("? ").strip()
                except EOFError:
                    echo()
                    return
                except KeyboardInterrupt:
                    echo()
                    continue
                try:
                    with raising_interruptions():
                        if not self._handle(line):
                            return
                except KeyboardInterrupt:
                    echo("stopped", err=True)
                except SpanwiseError as error:
                    echo(f"spanwise: {error}", err=True)

    def _handle(self, line: str) -> bool:
        """Answer a question or obey a command; returns whether to go on."""
        command, *words = line.split() if line.startswith("/") else ["", line]
        match command:
            case "":
                if line:
                    self.citations = self.printer.show(self.answers([line], self.wanted)[0])
            case "/quit" | "/exit" | "/q":
                return False
            case "/help":
                echo(HELP)
            case "/more":
                self.citations = self.printer.show_more() or _nothing_yet()
            case "/sources":
                for number, citation in enumerate(self.citations or _nothing_yet(), 1):
                    echo(f"[{number}] {citation.shown}")
            case "/open":
                open_file(choose(self.citations or _nothing_yet(), _number(words)))
            case "/filter":
                patterns = _patterns(line.removeprefix(command))
                self.wanted = replace(self.wanted, patterns=patterns or None)
                among = " or ".join(patterns)
                echo(f"asking files that match {among}" if among else "asking files of any name")
            case _:
                msg = f"expected a question or one of /more, /sources, /open, /filter, /help, /quit, found {command}"
                raise UsageError(msg)
        return True


def _nothing_yet() -> list[Followed]:
    msg = "expected an answer to follow, found none yet; ask a question first"
    raise UsageError(msg)


def _patterns(typed: str) -> tuple[str, ...]:
    try:
        patterns = tuple(shlex.split(typed))
    except ValueError as error:
        msg = f"expected patterns, found {typed.strip()}; close the quotation mark, or write \\ before it"
        raise UsageError(msg) from error
    path_matcher(patterns)  # refuses one that is malformed
    return patterns


def _number(words: Sequence[str]) -> int:
    if len(words) == 1 and words[0].isdecimal():
        return int(words[0])
    msg = f"expected /open with the number of a citation, found {' '.join(words) or 'none'}; /sources lists them"
    raise UsageError(msg)


@contextmanager
def _own_interruptions() -> Iterator[None]:
    """Let Ctrl-C end a line or an answer, and not the command."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _history() -> Iterator[None]:
    """Give the prompt editing and a history, kept for this user only where it can be."""
    try:
        import readline
    except ImportError:  # Windows has its own
        yield
        return
    folder = state_folder()
    file = None if folder is None else folder / "history"
    if file is not None:
        with suppress(OSError):
            readline.read_history_file(file)
    readline.set_history_length(HISTORY)
    try:
        yield
    finally:
        if file is not None:
            with suppress(OSError):
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
                readline.write_history_file(file)
