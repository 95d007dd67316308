"""Read passages for answers."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.read.extractive_reader import ExtractiveReader
    from spanwise.read.reader import SpanReader

__all__ = ["ExtractiveReader", "SpanReader"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "ExtractiveReader": "spanwise.read.extractive_reader",
        "SpanReader": "spanwise.read.reader",
    },
)
