"""How long work reports its progress."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

ReportStep = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is, 0 if unknown."""

ReportCount = Callable[[int], None]
"""Called with how much was done since the last call."""

T = TypeVar("T")


def no_steps(what: str, done: int, total: int) -> None:
    """Take the place of a `ReportStep` where nothing is to be shown."""


def watched(progress: ReportStep | None, what: str, items: Sequence[T]) -> Iterator[T]:
    """Yield items, and report before each how many are done."""
    for done, item in enumerate(items):
        if progress is not None:
            progress(what, done, len(items))
        yield item


def counting(progress: ReportStep | None, what: str, total: int) -> ReportCount:
    """Return a callback that adds up the counts it is called with, and reports the sum."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(what, done, max(done, total))

    return count
