"""PDFium's own functions."""

from ctypes import CFUNCTYPE, POINTER, c_ushort, c_void_p, cast
from functools import cache
from threading import Lock
from typing import Any

PDFIUM = Lock()  # PDFium is not thread-safe


@cache
def unchecked(name: str) -> Any:
    """Return a function of PDFium that takes ctypes' objects as they are: checks take longer than what is asked for."""
    import pypdfium2.raw as pdfium

    function = getattr(pdfium, name)
    address = cast(function, c_void_p).value or 0
    return CFUNCTYPE(function.restype)(address)


def as_wide(buffer: Any) -> Any:
    """Return a buffer as PDFium's functions take one for UTF-16."""
    return cast(buffer, POINTER(c_ushort))
