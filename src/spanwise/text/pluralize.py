"""Numbers with their nouns and units."""


def pluralize(count: int, noun: str) -> str:
    """
    Return a number with its noun, in the plural where there is not one of it.

    >>> pluralize(1, "file"), pluralize(1000, "file")
    ('1 file', '1,000 files')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def megabytes(size: int) -> str:
    """Return a size in bytes as megabytes."""
    return f"{size / 1e6:,.1f} MB"
