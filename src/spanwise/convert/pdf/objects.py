"""A PDF's objects as they stand in the file, for what PDFium has no calls for: the layers that are switched off."""

import re
import zlib
from collections.abc import Iterator, Sequence

_STREAM = re.compile(rb"/ObjStm\b.{0,2000}?stream\r?\n", re.DOTALL)
_MOST_UNPACKED = 50_000_000  # bytes of all object streams
_REFERENCE = re.compile(rb"(\d+)\s+\d+\s+R")

Stream = tuple[bytes, int]  # unpacked; and the place of its first object
Offsets = tuple[bytes, dict[int, int]]  # and the places of its objects by their numbers


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


def hidden_layers(data: bytes, unpacked: Sequence[Stream]) -> frozenset[str]:
    """Return the names of the layers that are off when the file is opened."""
    texts = [data, *(text for text, _ in unpacked)]
    if not all(any(name in text for text in texts) for name in (b"/OCProperties", b"/OFF")):
        return frozenset()
    whole = b"\n".join(texts)
    at = whole.rfind(b"/OCProperties")
    streams = [(text, _offsets(text, first)) for text, first in unpacked]
    properties = _followed(rb"\A/OCProperties", whole[at : at + 100_000], data, streams)
    groups = _references(properties, rb"/OCGs")
    properties = _followed(rb"/D", properties, data, streams)
    off = _references(properties, rb"/OFF")
    if re.search(rb"/BaseState\s*/OFF", properties):
        off = [group for group in groups if group not in _references(properties, rb"/ON")]
    if not off:
        return frozenset()
    names = [_name(_object(data, streams, number)) for number in off]
    shown = [_name(_object(data, streams, number)) for number in groups if number not in off]
    return frozenset(name for name in names if name and name not in shown)


def _followed(key: bytes, properties: bytes, data: bytes, streams: Sequence[Offsets]) -> bytes:
    """Return the object that a key refers to, or the properties themselves where it holds its value."""
    reference = re.search(key + rb"\s*(\d+)\s+\d+\s+R", properties)
    return properties if reference is None else _object(data, streams, int(reference[1]))


def _offsets(text: bytes, first: int) -> dict[int, int]:
    """Return where each object of an unpacked stream begins, by its number."""
    numbers = [int(word) for word in text[:first].split() if word.isdigit()]
    return {number: first + offset for number, offset in zip(numbers[::2], numbers[1::2], strict=False)}


def _object(data: bytes, streams: Sequence[Offsets], number: int) -> bytes:
    """Return an object as it is written, b"" for one that is not there."""
    for text, offsets in streams:
        if number in offsets:
            start = offsets[number]
            end = min((offset for offset in offsets.values() if offset > start), default=len(text))
            return text[start:end]
    # A search is faster for what begins with given digits; those of a longer number are none.
    matches = re.finditer(rb"%d\s+\d+\s+obj\b" % number, data)
    found = [match.end() for match in matches if not data[max(match.start() - 1, 0) : match.start()].isdigit()]
    return data[found[-1] : data.find(b"endobj", found[-1])] if found else b""


def _references(text: bytes, key: bytes) -> list[int]:
    match = re.search(key + rb"\s*\[([^\]]*)\]", text)
    return [int(number) for number in _REFERENCE.findall(match[1])] if match is not None else []


def _name(group: bytes) -> str:
    literal = re.search(rb"/Name\s*\(((?:\\.|[^\\)])*)\)", group, re.DOTALL)
    coded = re.search(rb"/Name\s*<([0-9A-Fa-f\s]*)>", group)
    if literal is not None:
        raw = re.sub(rb"\\([0-7]{1,3})", lambda m: bytes([int(m[1], 8) & 255]), literal[1])
        raw = re.sub(rb"\\(.)", rb"\1", raw, flags=re.DOTALL)
    elif coded is not None:
        digits = b"".join(coded[1].split()).decode()
        raw = bytes.fromhex(digits + "0" * (len(digits) % 2))
    else:
        return ""
    return raw[2:].decode("utf-16-be", "replace") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")
