"""Numbers with their nouns and units, and the first of many names."""

from collections.abc import Sequence


def pluralize(count: int, noun: str) -> str:
    """
    Return a number with its noun, in the plural unless it is 1.

    >>> pluralize(1, "file"), pluralize(1000, "file")
    ('1 file', '1,000 files')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Return the first three names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")


def megabytes(size: int) -> str:
    """Return a size in bytes as megabytes."""
    return f"{size / 1e6:,.1f} MB"
