"""What this machine's processor offers, and memory given back to its system."""

import ctypes
import os
import platform
import sys
from pathlib import Path

CPUS = Path("/sys/devices/system/cpu")
QUOTA = Path("/sys/fs/cgroup/cpu.max")
CPUINFO = Path("/proc/cpuinfo")
BFLOAT16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


def usable_cores() -> int:
    """
    Return how many threads compute fastest: one a physical core that this process may use.

    Heeds the process's affinity, a container's quota, and `OMP_NUM_THREADS`.
    """
    stated = os.environ.get("OMP_NUM_THREADS", "")
    if stated.isdecimal() and int(stated) > 0:
        return int(stated)
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    physical = len({_siblings(number) for number in allowed})
    return max(1, min(physical, _quota(physical)))


def processor_name() -> str:
    """Return what the processor calls itself; its architecture where the system does not tell."""
    return _cpuinfo("model name").partition(":")[2].strip() or platform.processor() or platform.machine()


def has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 itself; PyTorch is far slower with it where it does not."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return False
    return not BFLOAT16_FLAGS.isdisjoint(_cpuinfo("flags").split())


def return_freed_memory() -> None:
    """Give memory that is free back to the system, where the C library would keep it: on Linux with glibc."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _cpuinfo(key: str) -> str:
    """Return the first line of the system's description that begins with `key`; empty if there is none."""
    lines = CPUINFO.read_text(encoding="utf-8").splitlines() if CPUINFO.is_file() else []
    return next((line for line in lines if line.startswith(key)), "")


def _siblings(number: int) -> str:
    """Name the physical core that a logical one belongs to; one of its own where the system does not tell."""
    try:
        return (CPUS / f"cpu{number}" / "topology" / "thread_siblings_list").read_text(encoding="ascii")
    except OSError:
        return str(number)


def _quota(cores: int) -> int:
    """Return how many cores a container may use, `cores` where it is not bounded."""
    try:
        quota, period = QUOTA.read_text(encoding="ascii").split()
        return cores if quota == "max" else int(quota) // int(period)
    except (OSError, ValueError):
        return cores
