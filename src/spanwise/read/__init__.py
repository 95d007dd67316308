"""Read passages for answers."""

from typing import TYPE_CHECKING, Any

from spanwise.read.reader import SpanReader

if TYPE_CHECKING:
    from spanwise.read.extractive_reader import ExtractiveReader

__all__ = ["ExtractiveReader", "SpanReader"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name == "ExtractiveReader":
        from spanwise.read.extractive_reader import ExtractiveReader

        return ExtractiveReader
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
