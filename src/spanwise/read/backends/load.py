"""Choose the code that runs a reader."""

from typing import Any

from spanwise.default_reader import reader_folder
from spanwise.device import resolve_device
from spanwise.errors import ModelError
from spanwise.read.backends.base import Backend


def load_backend(
    model: str, *, device: str = "auto", token: str | None = None, model_kwargs: dict[str, Any] | None = None
) -> Backend:
    """
    Load a reader: in ONNX Runtime when it is a folder with a graph and runs on the CPU, else in PyTorch.

    :param model: "default", a hub name or a local folder.
    :raises ModelError: If the model cannot be loaded.
    """
    folder = reader_folder(model)
    resolved = resolve_device(device)
    from spanwise.read.backends.onnx import GRAPH_FILE, OnnxBackend

    if resolved == "cpu" and not model_kwargs and (folder / GRAPH_FILE).is_file():
        return OnnxBackend(folder)
    if not folder.is_dir() and (folder.is_absolute() or model.startswith((".", "~"))):
        msg = f"expected a model folder at {folder}, found none; name a folder or a model of the hub"
        raise ModelError(msg)
    from spanwise.read.backends.torch import TorchBackend

    source = str(folder) if folder.is_dir() else model
    return TorchBackend(source, device=resolved, token=token, model_kwargs=model_kwargs)
