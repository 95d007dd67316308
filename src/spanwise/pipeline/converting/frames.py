"""Messages between the process that indexes and the one that converts: JSON, each behind its length."""

import json
from typing import IO, Any

LENGTH_BYTES = 8
Message = dict[str, Any]


class BrokenMessageError(Exception):
    """What came is no message: cut short, too long, or not JSON."""


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
    :returns: The message, or None at the end of the stream.
    :raises BrokenMessageError: If it is none.
    """
    head = stream.read(LENGTH_BYTES)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    if len(head) < LENGTH_BYTES or (longest is not None and length > longest):
        raise BrokenMessageError
    data = stream.read(length)
    if len(data) < length:
        return None  # its writer died
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenMessageError from error
    if not isinstance(message, dict):
        raise BrokenMessageError
    return message
