"""The first stage: a file becomes one text, with the offsets of its pages where it has pages."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_attributes

if TYPE_CHECKING:
    from spanwise.convert.component import FileConverter
    from spanwise.convert.convert import SUPPORTED_SUFFIXES, convert_file, supported_suffixes

__all__ = ["SUPPORTED_SUFFIXES", "FileConverter", "convert_file", "supported_suffixes"]

__getattr__ = lazy_attributes(
    __name__,
    {
        "FileConverter": "spanwise.convert.component",
        "SUPPORTED_SUFFIXES": "spanwise.convert.convert",
        "convert_file": "spanwise.convert.convert",
        "supported_suffixes": "spanwise.convert.convert",
    },
)
