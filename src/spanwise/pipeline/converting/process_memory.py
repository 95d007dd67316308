"""How much memory another process takes now, where its system can say so without further packages."""

import os
import subprocess
import sys
from pathlib import Path


def memory_of(process: int) -> int:
    """Return the bytes of physical memory that a process, named by its id, has; 0 where that cannot be told."""
    try:
        if sys.platform == "win32":
            return _windows(process)
        if sys.platform == "darwin":
            asked = ["/bin/ps", "-o", "rss=", "-p", str(process)]
            return 1024 * int(subprocess.run(asked, capture_output=True, timeout=5, check=False).stdout or b"0")
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return 0


def _windows(process: int) -> int:
    import ctypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("size", ctypes.c_uint32),
            ("faults", ctypes.c_uint32),
            *((name, ctypes.c_size_t) for name in ("peak", "now", "a", "b", "c", "d", "pages", "peak_pages")),
        )

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.OpenProcess(0x1000, 0, process))  # PROCESS_QUERY_LIMITED_INFORMATION
    found = Counters(size=ctypes.sizeof(Counters))
    kernel.K32GetProcessMemoryInfo(handle, ctypes.byref(found), found.size)
    kernel.CloseHandle(handle)
    return int(found.pages)
