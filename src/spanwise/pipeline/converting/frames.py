"""Messages between the process that indexes and the one that converts: JSON, each behind its length."""

import json
from typing import IO, Any

LENGTH_BYTES = 8
Message = dict[str, Any]


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
