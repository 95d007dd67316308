"""The citations of the last answer, kept so that `spanwise open 2` knows what is meant; the question is not kept."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from spanwise.errors import SpanwiseError, UsageError
from spanwise.files.state import state_folder

_KEPT = "last-answer.json"


@dataclass(frozen=True, slots=True)
class Followed:
    """
    A citation that can be opened.

    :param shown: The file and where in it, as it was shown.
    :param path: The file on the disk, or None if that is not known.
    :param url: Where it is in a store, or None.
    """

    shown: str
    path: Path | None
    url: str | None = None


def keep(citations: Sequence[Followed]) -> None:
    """Keep citations in their order, for this user only; where nothing can be written, nothing is kept."""
    folder = state_folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / f"{_KEPT}.{os.getpid()}"
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump([[one.shown, None if one.path is None else str(one.path), one.url] for one in citations], file)
        part.replace(folder / _KEPT)


def kept() -> list[Followed]:
    """
    Return the citations of the last answer, in the order in which they were shown.

    :raises SpanwiseError: If none are kept.
    """
    folder = state_folder()
    try:
        found = [] if folder is None else json.loads((folder / _KEPT).read_bytes())
        citations = [Followed(str(shown), None if path is None else Path(path), *url) for shown, path, *url in found]
    except (OSError, ValueError, TypeError):
        citations = []
    if not citations:
        msg = 'expected an answer whose citations can be opened, found none; ask first: spanwise ask "QUESTION"'
        raise SpanwiseError(msg)
    return citations


def choose(citations: Sequence[Followed], number: int) -> Followed:
    """
    Return one of the citations, counted from 1.

    :raises UsageError: If there are not so many.
    """
    if not 1 <= number <= len(citations):
        msg = f"expected the number of a citation from 1 to {len(citations)}, found {number}"
        raise UsageError(msg)
    return citations[number - 1]
