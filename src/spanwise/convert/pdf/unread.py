"""Pages of a PDF that were not read, and what a file says of them."""

from collections.abc import Sequence
from enum import Enum, auto
from itertools import count, groupby

from spanwise.convert.pdf.ocr import OCR_REMEDY

_MOST_NAMED = 10  # pages, or stretches of them


class Unread(Enum):
    """Why a page has no text here though it has some on paper."""

    DAMAGED = auto()
    PICTURE = auto()
    """Nothing that reads pictures is installed."""
    GARBLED = auto()
    """Its fonts do not say which characters they show, and nothing that reads pictures is installed."""
    LATE = auto()
    """Those before it took the time that one file may take."""


def warning_of(reasons: Sequence[Unread | None]) -> str:
    """
    Return what was not read of a document, and what to do.

    >>> warning_of([None, Unread.DAMAGED, None])
    'page 2 could not be read: it is damaged'

    :param reasons: For each page why it was not read; None where it was.
    :returns: "" where every page was read.
    """
    said = []
    damaged, late = (_numbers(reasons, reason) for reason in (Unread.DAMAGED, Unread.LATE))
    if damaged:
        said.append(f"{_named(damaged)} could not be read: {'it is' if len(damaged) == 1 else 'they are'} damaged")
    garbled = _numbers(reasons, Unread.GARBLED)
    if garbled:
        whose = "its" if len(garbled) == 1 else "their"
        reason = f"{whose} fonts do not say which characters they show: {OCR_REMEDY}"
        said.append(f"{_named(garbled)} could not be read, as {reason}")
    if late:
        said.append(f"{_named(late)} not read: OCR took too long; allow it more with --limit seconds=NUMBER")
    pictures = len(_numbers(reasons, Unread.PICTURE))
    if pictures:
        said.append(f"{pictures} of {len(reasons)} pages have no text (scanned?): {OCR_REMEDY}")
    return "; ".join(said)


def _numbers(reasons: Sequence[Unread | None], reason: Unread) -> list[int]:
    return [number for number, found in enumerate(reasons, 1) if found is reason]


def _named(numbers: list[int]) -> str:
    """
    Return pages as a person says them.

    >>> _named([3]), _named([1, 2, 3, 7])
    ('page 3', 'pages 1-3, 7')
    """
    steps = count()
    runs = [list(run) for _, run in groupby(numbers, key=lambda number: number - next(steps))]
    named = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs[:_MOST_NAMED])
    more = f" and {sum(map(len, runs[_MOST_NAMED:])):,} more" if len(runs) > _MOST_NAMED else ""
    return f"{'page' if len(numbers) == 1 else 'pages'} {named}{more}"
