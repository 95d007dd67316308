"""
Messages between the process that indexes and the one that converts: JSON, each behind its length.

What the converting process sends back is checked: a hostile file may make its parser say anything.
"""

import json
import re
from itertools import pairwise
from typing import IO, Any

from spanwise.errors import ConversionError
from spanwise.source_fields import are_offsets, source_from_fields
from spanwise.types import Passage, SourceText

LENGTH_BYTES = 8
Message = dict[str, Any]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SURROGATE = re.compile("[\ud800-\udfff]")


def send(stream: IO[bytes], message: Message) -> None:
    """Write a message and flush it."""
    data = json.dumps(message).encode("ascii")
    stream.write(len(data).to_bytes(LENGTH_BYTES, "big"))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes], longest: int | None = None) -> Message | None:
    """
    Read a message.

    :param longest: Most bytes that it may have.
    :returns: The message, or None at the end of the stream, and where what came is none: cut short, too long, or not
        a JSON object.
    """
    length = int.from_bytes(stream.read(LENGTH_BYTES), "big")
    if longest is not None and length > longest:
        return None
    try:
        message = json.loads(stream.read(length))
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def received_source(reply: Message, file: str) -> SourceText:
    """
    Return the source text of a reply.

    :raises ConversionError: If the reply is not one that a parser could have given in good order.
    """
    try:
        source = source_from_fields(file, reply)
    except ValueError:
        raise _wrong() from None
    values = (part.value for part in source.parts)
    said = (source.text, source.title or "", source.warning, *(source.page_labels or ()), *values)
    if _DIGEST.fullmatch(source.sha256) is None or any(map(_SURROGATE.search, said)):
        raise _wrong()
    return source


def received_passages(reply: Message, source: SourceText) -> list[Passage] | None:
    """
    Return the passages of a reply, or None if it has none because its text was not split.

    :raises ConversionError: If they are no slices of the text in order.
    """
    places = reply.get("passages")
    if places is None:
        return None
    if (
        not isinstance(places, list)
        or not all(are_offsets(place, len(source.text)) and len(place) == 2 for place in places)
        or any(after[0] < before[0] for before, after in pairwise(places))
        or any(end <= start for start, end in places)
    ):
        raise _wrong()
    return [
        Passage(source.file, start, end, source.text[start:end], source.page_at(start), source.title)
        for start, end in places
    ]


def _wrong() -> ConversionError:
    return ConversionError("the parser failed: what it gave is no text with places in it")
