"""Ending a process with SIGKILL, at a chosen point or moment of its work."""

import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spanwise.files.failpoint import observers

PATIENCE_S = 120.0
BEGUN = "begun"
COMMITTING = {"before commit", "catalogue synced"}
COMMITTED = {"after commit", "catalogue renamed"}
Act = Callable[[], object]


@dataclass(frozen=True)
class Ending:
    """
    How a child ended.

    :param killed: Whether it was killed; else it had done its work before.
    :param passed: The names of the points that it reached, in order.
    :param at_point: Whether it died at the last of them, and not some time after it.
    """

    killed: bool
    passed: list[str]
    at_point: bool

    def allowed(self, states: list[Any]) -> list[Any]:
        """
        Return the states in which it may have left an index: one, or two if it died somewhere in a commit.

        :param states: The state before its work, and after each of its commits.
        """
        done = sum(name in COMMITTED for name in self.passed)
        begun = done if self.at_point else sum(name in COMMITTING for name in self.passed)
        return states[done : begun + 1]


def die_at(point: str, act: Act, *, occurrence: int = 1) -> Ending:
    """Fork a child that does `act` and is killed as it reaches `point` for the given time, from 1."""
    ending = die_when(act, lambda passed: passed[-1] == point and passed.count(point) == occurrence)
    assert ending.killed, f"the child was done and never reached {point!r} {occurrence} times: {ending.passed}"
    return ending


def die_at_step(step: int, act: Act) -> Ending:
    """Fork a child that does `act` and is killed as it reaches its point number `step`, from 1, if it has so many."""
    return die_when(act, lambda passed: len(passed) == step)


def die_when(act: Act, here: Callable[[list[str]], bool]) -> Ending:
    """Fork a child that does `act` and is killed as soon as `here` says so of the points that it has reached."""
    pid, pipe = _fork(act, here)
    return _ending(pid, pipe, b"", at_point=True)


def die_after(seconds: float, act: Act, *, since: str = BEGUN, occurrence: int = 1) -> Ending:
    """Fork a child that does `act`, and kill it so long after it began, or reached `since` for the given time."""
    pid, pipe = _fork(act, lambda _: False)
    lines = b""
    while lines.split(b"\n").count(since.encode()) < occurrence:
        piece = _read(pid, pipe)
        assert piece, f"the child was done and never reached {since!r} {occurrence} times: {lines.decode()}"
        lines += piece
    _wait(seconds)
    os.kill(pid, signal.SIGKILL)
    return _ending(pid, pipe, lines, at_point=False)


@contextmanager
def watched(reached: Callable[[str], None]) -> Iterator[None]:
    """Call `reached` with the name of every point that this process passes inside."""
    observers.append(reached)
    try:
        yield
    finally:
        observers.remove(reached)


@dataclass(frozen=True)
class Rehearsal:
    """
    What an act does when it is not killed.

    :param points: The points that it passes, in order.
    :param states: What others see before it, and after each of its commits.
    :param times: Seconds from its beginning to each of `points`, and to its end.
    """

    points: list[str]
    states: list[Any]
    times: list[float]

    def seconds(self, since: str = BEGUN, until: str | None = None, *, occurrence: int = 1) -> float:
        """Return how long it takes from its beginning, or from a point, to the next point `until`, or to its end."""
        names = [BEGUN, *self.points]
        first = [number for number, name in enumerate(names) if name == since][occurrence - 1]
        last = len(names) if until is None else names.index(until, first)
        return [0.0, *self.times][last] - [0.0, *self.times][first]


def rehearse(act: Act, state: Callable[[], Any]) -> Rehearsal:
    """
    Do `act` to its end, here.

    :param state: Reads what others see; its time is not counted.
    """
    points: list[str] = []
    times: list[float] = []
    states = [state()]
    spent = 0.0

    def reached(name: str) -> None:
        nonlocal spent
        points.append(name)
        times.append(time.perf_counter() - began - spent)
        if name in COMMITTED:
            paused = time.perf_counter()
            states.append(state())
            spent += time.perf_counter() - paused

    began = time.perf_counter()
    with watched(reached):
        act()
    times.append(time.perf_counter() - began - spent)
    return Rehearsal(points, states, times)


def steps(points: list[str]) -> list[int]:
    """Return the numbers, from 1, of all points but those in the middle of a row of the same."""
    around = [None, *points, None]
    return [step for step, name in enumerate(points, 1) if not around[step - 1] == name == around[step + 1]]


def _fork(act: Act, here: Callable[[list[str]], bool]) -> tuple[int, int]:
    """Return the child's pid, and a pipe from which come the points that it reaches, one a line, `BEGUN` first."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    passed: list[str] = []

    def reached(name: str) -> None:
        os.write(writer, f"{name}\n".encode())
        passed.append(name)
        if here(passed):
            os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        os.write(writer, f"{BEGUN}\n".encode())
        with watched(reached):
            act()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _read(pid: int, pipe: int) -> bytes:
    """Return what has come from the child; nothing when it has ended."""
    if not select.select([pipe], [], [], PATIENCE_S)[0]:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        msg = f"the child did nothing for {PATIENCE_S} seconds"
        raise AssertionError(msg)
    return os.read(pipe, 65536)


def _wait(seconds: float) -> None:
    """Wait more exactly than `time.sleep` does."""
    until = time.perf_counter() + seconds
    time.sleep(max(0.0, seconds - 0.001))
    while time.perf_counter() < until:
        pass


def _ending(pid: int, pipe: int, lines: bytes, *, at_point: bool) -> Ending:
    while piece := _read(pid, pipe):
        lines += piece
    os.close(pipe)
    _, status = os.waitpid(pid, 0)
    passed = lines.decode().splitlines()[1:]
    killed = os.WIFSIGNALED(status)
    assert not killed or os.WTERMSIG(status) == signal.SIGKILL, f"the child ended by signal {os.WTERMSIG(status)}"
    assert killed or os.WEXITSTATUS(status) == 0, f"the child failed, as it says on stderr, after {passed}"
    return Ending(killed, passed, at_point and killed)
