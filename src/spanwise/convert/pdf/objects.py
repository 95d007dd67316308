"""A PDF's objects as they stand in the file: what PDFium has no calls for is read from them."""

import re
import zlib
from collections.abc import Iterator, Sequence

_STREAM = re.compile(rb"/ObjStm\b.{0,2000}?stream\r?\n", re.DOTALL)
_MOST_UNPACKED = 50_000_000  # bytes of all object streams


Stream = tuple[bytes, int]  # unpacked; and the place of its first object


def object_streams(data: bytes) -> Iterator[Stream]:
    """Yield the unpacked object streams, each with the place of its first object (ISO 32000-1, 7.5.7)."""
    left = _MOST_UNPACKED
    for match in _STREAM.finditer(data):
        begin = data.rfind(b"obj", 0, match.start() + 1)
        head = data[begin : match.end()]
        first = re.search(rb"/First\s+(\d+)", head)
        if first is None or b"FlateDecode" not in head or left <= 0:
            continue
        end = data.find(b"endstream", match.end())
        try:
            text = zlib.decompressobj().decompress(data[match.end() : end if end > 0 else len(data)], left)
        except zlib.error:
            continue
        left -= len(text)
        yield text, int(first[1])


def may_hold(name: bytes, data: bytes, streams: Sequence[Stream]) -> bool:
    """Return whether any object may have a name in it: one of a file that could not be unpacked whole may."""
    is_whole = (
        b"/Encrypt" not in data
        and data.count(b"/ObjStm") == len(streams)
        and sum(len(text) for text, _ in streams) < _MOST_UNPACKED
    )
    return not is_whole or name in data or any(name in text for text, _ in streams)


def offsets_of(text: bytes, first: int) -> dict[int, int]:
    """Return where each object of an unpacked stream begins, by its number."""
    numbers = [int(word) for word in text[:first].split() if word.isdigit()]
    return {number: first + offset for number, offset in zip(numbers[::2], numbers[1::2], strict=False)}


def object_of(data: bytes, streams: Sequence[tuple[bytes, dict[int, int]]], number: int) -> bytes:
    """
    Return an object as it is written, b"" for one that is not there.

    :param streams: The unpacked object streams, each with the places of its objects by their numbers.
    """
    for text, offsets in streams:
        if number in offsets:
            start = offsets[number]
            end = min((offset for offset in offsets.values() if offset > start), default=len(text))
            return text[start:end]
    # A search is faster for what begins with given digits; those of a longer number are none.
    matches = re.finditer(rb"%d\s+\d+\s+obj\b" % number, data)
    found = [match.end() for match in matches if not data[max(match.start() - 1, 0) : match.start()].isdigit()]
    return data[found[-1] : data.find(b"endobj", found[-1])] if found else b""
