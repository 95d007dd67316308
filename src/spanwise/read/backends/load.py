"""Choose the code that runs a reader."""

from typing import Any

from spanwise.default_reader import reader_folder
from spanwise.device import resolve_device
from spanwise.errors import ModelError
from spanwise.read.backends.base import Backend

SPREADING = ("auto", "balanced", "balanced_low_0", "sequential")


def load_backend(
    model: str, *, device: str | None = "auto", token: str | None = None, model_kwargs: dict[str, Any] | None = None
) -> Backend:
    """
    Load a reader: in ONNX Runtime when it is a folder with a graph and runs on the CPU, else in PyTorch.

    :param model: "default", a hub name or a local folder.
    :param device: Where to run it; a "device_map" in `model_kwargs` counts instead.
    :raises ModelError: If the model cannot be loaded.
    """
    options = {} if model_kwargs is None else dict(model_kwargs)
    mapped = options.pop("device_map", None)
    if mapped is not None:
        device = _only_device(mapped)
        if device is None:
            options["device_map"] = mapped
    folder = reader_folder(model)
    resolved = None if device is None else resolve_device(device)
    from spanwise.read.backends.onnx import GRAPH_FILE, OnnxBackend

    if resolved == "cpu" and not options and (folder / GRAPH_FILE).is_file():
        return OnnxBackend(folder)
    if not folder.is_dir() and (folder.is_absolute() or model.startswith((".", "~"))):
        msg = f"expected a model folder at {folder}, found none; name a folder or a model of the hub"
        raise ModelError(msg)
    from spanwise.read.backends.torch import TorchBackend

    source = str(folder) if folder.is_dir() else model
    return TorchBackend.load(source, device=resolved, token=token, model_kwargs=options)


def _only_device(device_map: Any) -> str | None:
    """Return the device that a map puts the whole model on; None for a map that spreads it, which takes accelerate."""
    place = device_map[""] if isinstance(device_map, dict) and set(device_map) == {""} else device_map
    if isinstance(place, dict) or place in SPREADING:
        return None
    return f"cuda:{place}" if isinstance(place, int) else str(place)
