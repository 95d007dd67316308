"""What a converted file was received as, checked: its parser may have been made to say anything."""

import re
from itertools import pairwise
from typing import Any, TypeGuard, get_args

from spanwise.errors import ConversionError
from spanwise.pipeline.frames import Message
from spanwise.types import Part, PartKind, Passage, SourceText

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS = frozenset(get_args(PartKind))


def received_source(reply: Message, file: str) -> SourceText:
    """
    Return the source text of a reply.

    :param file: Its name.
    :raises ConversionError: If the reply is not one that a parser could have given in good order.
    """
    text, digest, title = reply.get("text"), reply.get("sha256"), reply.get("title")
    if not _is_text(text) or not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _wrong()
    if title is not None and not _is_text(title):
        raise _wrong()
    starts, labels, has_lines = reply.get("page_starts"), reply.get("page_labels"), reply.get("has_lines")
    if starts is not None and not (_are_offsets(starts, len(text)) and starts[:1] == [0]):
        raise _wrong()
    if labels is not None and not (isinstance(labels, list) and all(map(_is_text, labels))):
        raise _wrong()
    warning, wants_ocr = reply.get("warning"), reply.get("wants_ocr")
    if not isinstance(has_lines, bool) or not isinstance(wants_ocr, bool) or not _is_text(warning):
        raise _wrong()
    return SourceText(
        file=file,
        text=text,
        sha256=digest,
        title=title,
        page_starts=None if starts is None else tuple(starts),
        page_labels=None if labels is None else tuple(labels),
        parts=tuple(_part(fields, len(text)) for fields in _listed(reply.get("parts"))),
        has_lines=has_lines,
        warning=warning,
        wants_ocr=wants_ocr,
    )


def received_passages(reply: Message, source: SourceText) -> list[Passage] | None:
    """
    Return the passages of a reply, or None where it has none because its text was not split.

    :raises ConversionError: If they are no slices of the text in order.
    """
    places = reply.get("passages")
    if places is None:
        return None
    for place in _listed(places):
        if not (isinstance(place, list) and len(place) == 2 and _are_offsets(place, len(source.text))):
            raise _wrong()
    if any(after[0] < before[0] for before, after in pairwise(places)) or any(end <= start for start, end in places):
        raise _wrong()
    return [
        Passage(source.file, start, end, source.text[start:end], source.page_at(start), source.title)
        for start, end in places
    ]


def _part(fields: Any, length: int) -> Part:
    if not isinstance(fields, list) or len(fields) != 4 or not _are_offsets(fields[:2], length):
        raise _wrong()
    start, end, kind, value = fields
    if kind not in _KINDS or not _is_text(value):
        raise _wrong()
    if kind == "row" and value and not (value.isascii() and value.isdigit() and len(value) < 12):
        raise _wrong()
    return Part(start, end, kind, value)


def _are_offsets(values: Any, length: int) -> bool:
    """Return whether these are places in a text of that length, none before the one before it."""
    return (
        isinstance(values, list)
        and all(type(value) is int and 0 <= value <= length for value in values)
        and all(before <= after for before, after in pairwise(values))
    )


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and _SURROGATE.search(value) is None


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong()
    return value


def _wrong() -> ConversionError:
    return ConversionError("the parser failed: what it gave is no text with places in it")
