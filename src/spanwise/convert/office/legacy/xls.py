"""What Kreuzberg does not say of old workbooks: which sheets are hidden, and what is no time of day."""

import re
from collections.abc import Iterator
from struct import unpack_from

from spanwise.convert.office.legacy.ole import CompoundFile

_SHEET, _END = 0x85, 0x0A
_HIDDEN = 3  # either of its bits: hidden, or hidden so that only a program can show it
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d) 00:00:00")
_TIME = re.compile(r"1899-12-3[01] (\d\d:\d\d:\d\d)")


def hidden_sheets(file: CompoundFile) -> set[str]:
    """
    Return the names of the sheets that are hidden.

    :param file: The workbook.
    """
    is_new = bool(file.stream("Workbook"))
    data = file.stream("Workbook" if is_new else "Book")
    return set(_hidden(data, 8 if is_new else 7))


def shown_value(text: str) -> str:
    """
    Return a cell without the time of a date, or the date of a time, that nobody entered.

    >>> [shown_value(text) for text in ("2031-10-07 00:00:00", "1899-12-31 08:30:00", "2031-10-07 08:30:00")]
    ['2031-10-07', '08:30:00', '2031-10-07 08:30:00']
    """
    found = _MIDNIGHT.fullmatch(text) or _TIME.fullmatch(text)
    return text if found is None else found[1]


def _hidden(data: bytes, version: int) -> Iterator[str]:
    at = 0
    while at + 4 <= len(data):
        kind, size = unpack_from("<2H", data, at)
        if kind == _END:
            return
        record = data[at + 4 : at + 4 + size]
        if kind == _SHEET and len(record) > version and record[4] & _HIDDEN:
            is_wide = version == 8 and record[7] & 1
            name = record[version : version + record[6] * (2 if is_wide else 1)]
            yield name.decode("utf-16-le" if is_wide else "cp1252", "replace")
        at += 4 + size
