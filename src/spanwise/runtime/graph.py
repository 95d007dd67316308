"""ONNX Runtime sessions over graphs that read their weights from a model's own safetensors file."""

from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.errors import ModelError
from spanwise.runtime.fingerprint import file_sha256

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS_FILE = "model.safetensors"
WEIGHTS_KEY = "weights_sha256"


def open_session(graph: Path, model_folder: Path) -> "onnxruntime.InferenceSession":
    """
    Open a graph written by `spanwise.runtime.export.export_graph` on the CPU.

    :param graph: The graph.
    :param model_folder: The folder that holds the weights it was exported from.
    :raises ModelError: If the weights are missing, or are not those that the graph was exported from.
    """
    import onnxruntime

    weights = model_folder / WEIGHTS_FILE
    if not weights.is_file():
        msg = f"expected the model's weights at {weights}, found no such file; reinstall spanwise or name another model"
        raise ModelError(msg)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(model_folder))
    session = onnxruntime.InferenceSession(graph.read_bytes(), options, providers=["CPUExecutionProvider"])
    expected = session.get_modelmeta().custom_metadata_map[WEIGHTS_KEY]
    found = file_sha256(weights)
    if found != expected:
        msg = f"expected {weights} to have SHA-256 {expected}, found {found}; reinstall or export it again"
        raise ModelError(msg)
    return session
