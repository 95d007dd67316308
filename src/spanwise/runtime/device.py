"""Which device to compute on."""

import re
import sys
from pathlib import Path

from spanwise.errors import UsageError

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve_device(device: str) -> str:
    """
    Turn "auto" into the best device of this machine; PyTorch is imported only where it could find more than a CPU.

    :param device: "auto", "cpu", "mps", "cuda" or "cuda:N"; "cpu:0" and "mps:0", as PyTorch also writes them, are the
        same as "cpu" and "mps".
    :returns: "cpu", "mps", "cuda" or "cuda:N".
    :raises UsageError: If the device is unknown, or is not available on this machine.
    """
    if re.fullmatch(r"auto|(cpu|mps)(:0)?|cuda(:\d+)?", device) is None:
        msg = f"expected a device of {', '.join(DEVICES)} or cuda:N, found {device!r}"
        raise UsageError(msg)
    device = device if device.startswith("cuda") else device.removesuffix(":0")
    if device == "cpu" or (device == "auto" and not _may_have_accelerator()):
        return "cpu"
    import torch

    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return next((name for name, usable in available.items() if usable), "cpu")
    kind, _, number = device.partition(":")
    if not available[kind]:
        msg = f"expected the device {device!r}, but PyTorch finds none here; use --device auto or cpu"
        raise UsageError(msg)
    if number and int(number) >= torch.cuda.device_count():
        msg = f"expected a device below cuda:{torch.cuda.device_count()}, found {device!r}; use --device cuda"
        raise UsageError(msg)
    return device


def _may_have_accelerator() -> bool:
    return sys.platform in {"darwin", "win32"} or Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists()
