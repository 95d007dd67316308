"""Records of old presentations (MS-PPT 2.3.1), and which of those that a file keeps are its newest."""

from collections.abc import Iterator
from struct import error, unpack_from
from typing import NamedTuple

_USER_EDIT, _DIRECTORY = 0xFF5, 0x1772
_ENCRYPTED = 0xF3D1C4DF
_CONTAINER = 0xF
_HEADER = 8  # bytes


class Record(NamedTuple):
    """
    One record.

    :param kind: Its type.
    :param instance: What tells it from others of its type.
    :param is_container: Whether it holds records.
    :param start: Where its content begins, in bytes.
    :param end: Where it ends.
    """

    kind: int
    instance: int
    is_container: bool
    start: int
    end: int


def record_at(data: bytes, at: int, end: int) -> Record | None:
    """Return the record that begins at a byte; one that is longer than what holds it ends with that."""
    if at + _HEADER > end:
        return None
    version, kind, size = unpack_from("<2HI", data, at)
    return Record(kind, version >> 4, version & 15 == _CONTAINER, at + _HEADER, min(at + _HEADER + size, end))


def children(data: bytes, parent: Record) -> Iterator[Record]:
    """Yield the records directly inside another one."""
    at = parent.start
    while (record := record_at(data, at, parent.end)) is not None:
        yield record
        at = record.end


def inside(data: bytes, parent: Record) -> Iterator[Record]:
    """Yield the records inside another one, also those further down, in their order."""
    at = parent.start
    while (record := record_at(data, at, parent.end)) is not None:
        yield record
        at = record.start if record.is_container else record.end


def persistent(data: bytes, user: bytes) -> tuple[Record | None, dict[int, Record]]:
    """
    Return the document, and all that the file keeps by numbers, each as it was saved last.

    :param data: The stream of records.
    :param user: The stream that says where the last edit stands.
    :returns: None and nothing if it is encrypted or damaged.
    """
    places: dict[int, int] = {}
    seen: set[int] = set()
    try:
        token, edit = unpack_from("<2I", user, 12)
        root = 0
        while edit and edit not in seen and token != _ENCRYPTED:
            seen.add(edit)
            record = record_at(data, edit, len(data))
            if record is None or record.kind != _USER_EDIT:
                return None, {}
            edit, directory, document = unpack_from("<3I", data, record.start + 8)
            root = root or document
            for number, place in _directory(data, directory, len(places)):
                places.setdefault(number, place)
    except error:
        return None, {}
    records = {number: record_at(data, place, len(data)) for number, place in places.items()}
    found = {number: record for number, record in records.items() if record is not None}
    return found.get(root), found


def _directory(data: bytes, at: int, known: int) -> Iterator[tuple[int, int]]:
    record = record_at(data, at, len(data))
    if record is None or record.kind != _DIRECTORY or known > len(data) // _HEADER:
        return
    at = record.start
    while at + 4 <= record.end:
        (packed,) = unpack_from("<I", data, at)
        number, count = packed & 0xFFFFF, min(packed >> 20, (record.end - at - 4) // 4)
        for place in range(count):
            yield number + place, unpack_from("<I", data, at + 4 + 4 * place)[0]
        at += 4 + 4 * count
