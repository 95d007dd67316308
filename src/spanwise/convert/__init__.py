"""The first stage: a file becomes one text, with the offsets of its pages where it has pages."""

from typing import TYPE_CHECKING, Any

from spanwise.convert.convert import SUPPORTED_SUFFIXES, convert_file, supported_suffixes

if TYPE_CHECKING:
    from spanwise.convert.component import FileConverter

__all__ = ["SUPPORTED_SUFFIXES", "FileConverter", "convert_file", "supported_suffixes"]


def __getattr__(name: str) -> Any:
    """Import the component, and Haystack with it, only when it is asked for."""
    if name == "FileConverter":
        from spanwise.convert.component import FileConverter

        return FileConverter
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
