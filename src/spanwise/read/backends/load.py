"""Choose the code that runs a reader, and the numbers it computes with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spanwise.default_reader import reader_folder
from spanwise.device import resolve_device
from spanwise.errors import ModelError
from spanwise.read.backends.base import Backend
from spanwise.runtime.processor import has_bfloat16

BACKENDS = ("auto", "torch", "onnx")
PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8")
DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
SPREADING = ("auto", "balanced", "balanced_low_0", "sequential")


@dataclass(frozen=True)
class Compute:
    """
    What runs a reader.

    :param backend: "torch", "onnx", or "auto": ONNX Runtime for a folder with a graph on a CPU, else PyTorch.
    :param precision: "fp32", which is exact; "int8", of ONNX Runtime on a CPU; "bf16" or "fp16", of PyTorch; or "auto":
        int8 where the model has such a graph, bf16 where the hardware multiplies it, else fp32.
    :param devices: Of PyTorch, each of which reads a share of the windows; none for the one `device`.
    :param torch_compile: Whether PyTorch compiles the model at its first batches, which takes a minute and a compiler.
    :raises ValueError: If a value is unknown, or the values contradict one another.
    """

    backend: str = "auto"
    precision: str = "auto"
    devices: Sequence[str] = field(default=())
    torch_compile: bool = False

    def __post_init__(self) -> None:
        for name, known in (("backend", BACKENDS), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                msg = f"expected {name} to be one of {', '.join(known)}, found {getattr(self, name)!r}"
                raise ValueError(msg)
        of_torch = {"devices": bool(self.devices), "torch_compile": self.torch_compile}
        of_torch["precision"] = self.precision in {"bf16", "fp16"}
        for name, given in of_torch.items():
            if given and self.backend == "onnx":
                msg = f"expected backend 'torch' for {name}={getattr(self, name)!r}, found 'onnx'; leave one of them out"
                raise ValueError(msg)
            if given and self.precision == "int8":
                msg = f"expected precision fp32, bf16 or fp16 for {name}={getattr(self, name)!r}, found 'int8'"
                raise ValueError(msg)
        if self.backend == "torch" and self.precision == "int8":
            msg = "expected precision fp32, bf16 or fp16 with backend 'torch', found 'int8'; choose backend='onnx'"
            raise ValueError(msg)

    @property
    def needs_torch(self) -> bool:
        """Whether only PyTorch can do it."""
        return self.backend == "torch" or bool(self.devices) or self.torch_compile or self.precision in {"bf16", "fp16"}

    @property
    def needs_onnx(self) -> bool:
        """Whether only ONNX Runtime can do it."""
        return self.backend == "onnx" or self.precision == "int8"


def load_backend(
    model: str,
    *,
    device: str | None = "auto",
    token: str | None = None,
    model_kwargs: dict[str, Any] | None = None,
    compute: Compute | None = None,
) -> Backend:
    """
    Load a reader.

    :param model: "default", a hub name or a local folder.
    :param device: Where to run it; a "device_map" in `model_kwargs` counts instead.
    :param model_kwargs: Passed to transformers' `from_pretrained`; given any, the model runs in PyTorch.
    :param compute: What runs it; None chooses by hardware.
    :raises ModelError: If the model cannot be loaded, or not as `compute` says.
    """
    compute = Compute() if compute is None else compute
    options = {} if model_kwargs is None else dict(model_kwargs)
    mapped = options.pop("device_map", None)
    if mapped is not None:
        device = _only_device(mapped)
        if device is None:
            options["device_map"] = mapped
    folder = reader_folder(model)
    resolved = None if device is None else resolve_device(device)
    if compute.needs_onnx or (resolved == "cpu" and not options and not compute.needs_torch):
        backend = _load_onnx(model, folder, resolved, options, compute)
        if backend is not None:
            return backend
    if not folder.is_dir() and (folder.is_absolute() or model.startswith((".", "~"))):
        msg = f"expected a model folder at {folder}, found none; name a folder or a model of the hub"
        raise ModelError(msg)
    return _load_torch(str(folder) if folder.is_dir() else model, resolved, token, options, compute)


def _load_onnx(
    model: str, folder: Path, device: str | None, options: dict[str, Any], compute: Compute
) -> Backend | None:
    """Load a model with a graph of the precision; None where there is none, and PyTorch will do as well."""
    from spanwise.read.backends.onnx import GRAPHS, OnnxBackend

    precisions = [compute.precision] if compute.precision != "auto" else ["int8", "fp32"]
    if device != "cpu" and compute.precision == "auto":
        precisions = ["fp32"]
    found = [precision for precision in precisions if (folder / GRAPHS[precision]).is_file()]
    if not compute.needs_onnx:
        return OnnxBackend(folder, precision=found[0]) if found else None
    if compute.precision == "int8" and device != "cpu":
        msg = f"expected the device 'cpu' for int8 in ONNX Runtime, found {device!r}; choose precision='bf16'"
        raise ModelError(msg)
    if options or device is None:
        msg = f"expected no model_kwargs with ONNX Runtime, found {sorted(options)}; choose backend='torch'"
        raise ModelError(msg)
    if not found:
        names = " or ".join(GRAPHS[precision] for precision in precisions)
        msg = f"expected {names} in {folder}, found none; write it: spanwise export {model}"
        raise ModelError(msg)
    return OnnxBackend(folder, precision=found[0], device=device)


def _load_torch(
    source: str, device: str | None, token: str | None, options: dict[str, Any], compute: Compute
) -> Backend:
    from spanwise.read.backends.several import SeveralDevices
    from spanwise.read.backends.torch import TorchBackend

    places = [resolve_device(place) for place in compute.devices] or [device]
    loaded = [
        TorchBackend.load(
            source,
            device=place,
            token=token,
            model_kwargs=_with_dtype(options, compute.precision, place),
            torch_compile=compute.torch_compile,
        )
        for place in places
    ]
    return loaded[0] if len(loaded) == 1 else SeveralDevices(loaded)


def _with_dtype(options: dict[str, Any], precision: str, device: str | None) -> dict[str, Any]:
    import torch

    if "dtype" in options:
        if precision != "auto":
            msg = (
                f"expected either a precision or a dtype in model_kwargs, found {precision!r} and {options['dtype']!r}; "
                "leave one of them out"
            )
            raise ModelError(msg)
        return options
    return {**options, "dtype": getattr(torch, DTYPES[_fastest(device) if precision == "auto" else precision])}


def _fastest(device: str | None) -> str:
    """Return the fastest precision of PyTorch on a device."""
    import torch

    if device is not None and device.startswith("cuda"):
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if device == "cpu" and has_bfloat16() else "fp32"


def _only_device(device_map: Any) -> str | None:
    """Return the device that a map puts the whole model on; None for a map that spreads it, which takes accelerate."""
    place = device_map[""] if isinstance(device_map, dict) and set(device_map) == {""} else device_map
    if isinstance(place, dict) or place in SPREADING:
        return None
    return f"cuda:{place}" if isinstance(place, int) else str(place)
