"""The first stage: a file becomes one text, with the offsets of its pages where it has pages."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.convert.component import FileConverter as FileConverter
    from spanwise.convert.convert import convert_file as convert_file
    from spanwise.convert.kinds import SUPPORTED_SUFFIXES as SUPPORTED_SUFFIXES
    from spanwise.convert.kinds import is_document as is_document
    from spanwise.convert.kinds import supported_suffixes as supported_suffixes

__all__, __getattr__ = lazy_exports(__name__)
