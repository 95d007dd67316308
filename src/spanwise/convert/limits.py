"""How much of a file is read before it is given up: each limit has a name, a default and a message."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import NoReturn

from spanwise.errors import ConversionError, UsageError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_RATIO_FROM = 20_000_000  # bytes; a small file may well unpack to a thousand times its size


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What one file may take; a file that needs more is skipped with that reason.

    :param file_bytes: Size of the file itself, looked at before it is opened.
    :param unpacked_bytes: What an archive, such as a .docx or a .gz, may unpack to.
    :param ratio: How many times its own size a file may unpack to, or give as text, beyond 20 MB.
    :param depth: Elements one inside the other; what is deeper is left out.
    :param cells: Cells of the tables and sheets of a document.
    :param characters: Extracted text.
    :param memory: Bytes of memory of the process that converts.
    :param seconds: Wall time and processor time.
    :param seconds_per_mb: Added for each million bytes of the file.
    """

    file_bytes: int = 500_000_000
    unpacked_bytes: int = 1_000_000_000
    ratio: int = 200
    depth: int = 400
    cells: int = 5_000_000
    characters: int = 400_000_000
    memory: int = 2_000_000_000
    seconds: int = 60
    seconds_per_mb: int = 3

    def time_for(self, size: int) -> int:
        """Return the seconds that a file of so many bytes may take."""
        return self.seconds + self.seconds_per_mb * size // 1_000_000

    def check_file(self, size: int) -> None:
        """Raise a `ConversionError` for a file of too many bytes."""
        if size > self.file_bytes:
            _refuse(f"the file has {size:,} bytes", "file_bytes", self.file_bytes)

    def most_unpacked(self, packed: int) -> int:
        """Return what an archive of so many bytes may unpack to."""
        return min(self.unpacked_bytes, max(_RATIO_FROM, self.ratio * packed))

    def check_unpacked(self, unpacked: int, packed: int) -> None:
        """Raise a `ConversionError` for what an archive unpacks to: too much, or too many times its own size."""
        if unpacked > self.unpacked_bytes:
            _refuse(f"it would unpack to {unpacked:,} bytes", "unpacked_bytes", self.unpacked_bytes)
        if unpacked > max(_RATIO_FROM, self.ratio * packed):
            _refuse(f"it would unpack to {-(-unpacked // max(packed, 1)):,} times its size", "ratio", self.ratio)

    def check_text(self, characters: int, size: int | None = None) -> None:
        """
        Raise a `ConversionError` for a file that gives too much text, or too much for so small a file.

        :param size: Bytes of the file; None where they are not known.
        """
        if characters > self.characters:
            _refuse(f"it holds {characters:,} characters of text", "characters", self.characters)
        if size is not None and characters > max(_RATIO_FROM, self.ratio * size):
            _refuse(f"its text is {-(-characters // max(size, 1)):,} times its size", "ratio", self.ratio)

    def check_cells(self, cells: int) -> None:
        """Raise a `ConversionError` for a document whose tables have too many cells."""
        if cells > self.cells:
            _refuse(f"its tables have {cells:,} cells", "cells", self.cells)


USUAL = Limits()
_LIMITS = ContextVar("limits", default=USUAL)


def limits() -> Limits:
    """Return the limits under which the present file is converted."""
    return _LIMITS.get()


@contextmanager
def under(given: Limits) -> Iterator[None]:
    """Convert under other limits than the usual ones."""
    token = _LIMITS.set(given)
    try:
        yield
    finally:
        _LIMITS.reset(token)


def parse_limits(given: Sequence[str]) -> Limits:
    """
    Return the usual limits with some changed.

    >>> parse_limits(["seconds=300", "memory=4g"]).memory
    4000000000

    :param given: "name=value" each; a value may end in k, m or g.
    :raises UsageError: If a name or a value is none.
    """
    names = [field.name for field in fields(Limits)]
    changed = {}
    for text in given:
        name, _, value = text.lower().replace("-", "_").partition("=")
        number, unit = (value[:-1], value[-1:]) if value[-1:] in {"k", "m", "g"} else (value, "")
        if name not in names or not (number.isascii() and number.isdigit()) or not 0 < int(number[:12]) < 10**11:
            msg = f"expected a limit such as seconds=300 or memory=4g, of {', '.join(names)}; found {text!r}"
            raise UsageError(msg)
        changed[name] = int(number[:12]) * _UNITS[unit]
    return replace(USUAL, **changed)


def _refuse(found: str, name: str, limit: int) -> NoReturn:
    msg = f"{found}, over the limit of {limit:,}; raise it with --limit {name}=NUMBER"
    raise ConversionError(msg)
