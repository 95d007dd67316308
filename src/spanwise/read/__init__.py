"""Read passages for answers."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.read.extractive_reader import ExtractiveReader as ExtractiveReader
    from spanwise.read.reader import SpanReader as SpanReader
    from spanwise.read.second_reader import SecondReader as SecondReader
    from spanwise.read.settings import ReaderSettings as ReaderSettings

__all__, __getattr__ = lazy_exports(__name__)
