"""Small things of English."""


def plural(count: int, noun: str) -> str:
    """
    Return a number with its noun.

    >>> plural(1, "file"), plural(1000, "file")
    ('1 file', '1,000 files')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
