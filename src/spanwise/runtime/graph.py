"""ONNX Runtime sessions over graphs that read their weights from a model's own safetensors file."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.errors import ModelError
from spanwise.files.digest import file_sha256

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS_FILE = "model.safetensors"
WEIGHTS_KEY = "weights_sha256"


def open_session(
    graph: Path, model_folder: Path, *, threads: int = 0, providers: Sequence[str] = ("CPUExecutionProvider",)
) -> "onnxruntime.InferenceSession":
    """
    Open a graph written by `spanwise.runtime.export.export_graph`.

    :param graph: The graph.
    :param model_folder: The folder that holds the weights it was exported from.
    :param threads: How many threads compute one call together; 0 for one a core.
    :param providers: What ONNX Runtime is to compute with, best first.
    :raises ModelError: If the weights are missing, or are not those that the graph was exported from.
    """
    import onnxruntime

    weights = model_folder / WEIGHTS_FILE
    if not weights.is_file():
        msg = f"expected the model's weights at {weights}, found no such file; reinstall spanwise or name another model"
        raise ModelError(msg)
    content = graph.read_bytes()
    expected, found = _expected_sha256(content), file_sha256(weights)
    if found != expected:
        msg = f"expected {weights} to have SHA-256 {expected}, found {found}; reinstall or export it again"
        raise ModelError(msg)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(model_folder))
    return onnxruntime.InferenceSession(content, options, providers=list(providers))


def _expected_sha256(graph: bytes) -> str | None:
    """Read the entry of the graph's metadata: a protobuf message whose second field is 64 bytes long."""
    entry = re.search(WEIGHTS_KEY.encode() + rb"\x12\x40([0-9a-f]{64})", graph)
    return None if entry is None else entry[1].decode()
