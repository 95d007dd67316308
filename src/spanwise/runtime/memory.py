"""Memory that this process has freed."""

import ctypes
import sys


def return_freed_memory() -> None:
    """Give it back to the system, where the C library would keep it for later: on Linux with glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
