"""What every format's converter returns."""

from dataclasses import dataclass

_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Extracted:
    """
    The text of one file.

    :param text: The whole text, in reading order.
    :param title: The document's own title, or None.
    :param page_starts: Offset into `text` at which each physical page begins, or None for a format without pages.
    """

    text: str
    title: str | None = None
    page_starts: tuple[int, ...] | None = None


def one_line(text: str | None, *, limit: int = _LONGEST_TITLE) -> str | None:
    """
    Return `text` on a single line without surplus spaces, or None when nothing is left.

    :param limit: The most characters to return.
    """
    return " ".join((text or "").split())[:limit].rstrip() or None
