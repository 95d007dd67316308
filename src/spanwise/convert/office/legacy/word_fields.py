r"""Fields of old Word documents: \x13 code \x14 result \x15, one inside the other."""

import re
from collections.abc import Iterator

_MARK = re.compile("[\x13\x14\x15]")


def field_codes(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    r"""
    Yield each span that is code, not result. A field that does not end is none.

    >>> list(field_codes("see \x13PAGEREF a\x14page 7\x15.", 0, 24))
    [(4, 15)]

    :param start: Where to begin.
    :param end: Where to end.
    """
    is_open: list[int | None] = []  # where each field's code begins, or None in its result
    for match in _MARK.finditer(text, start, min(end, len(text))):
        if match[0] == "\x13":
            is_open.append(match.start())
            continue
        code = is_open.pop() if is_open else None
        if code is not None:
            yield code, match.end()
        if match[0] == "\x14":
            is_open.append(None)
