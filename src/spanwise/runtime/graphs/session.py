"""ONNX Runtime sessions over graphs that read their weights from a model's own safetensors file."""

import re
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread
from time import process_time
from typing import TYPE_CHECKING, Any

from spanwise.errors import ModelError, SpanwiseError
from spanwise.files.digest import file_sha256

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray

WEIGHTS_FILE = "model.safetensors"
WEIGHTS_KEY = "weights_sha256"
MAX_GRAPH_BYTES = 100 << 20
"""Far more than one without weights has."""

RUN_SECONDS = 60.0
"""Longest that one batch may take, by the clock and of processor time; a window takes milliseconds."""

QUIET = 4
"""ONNX Runtime prints nothing itself: what it has to say is in the errors that it raises."""


class EndlessGraphError(SpanwiseError):
    """A graph computed for too long."""


def open_session(
    graph: Path, model_folder: Path, *, threads: int = 0, providers: Sequence[str] = ("CPUExecutionProvider",)
) -> "onnxruntime.InferenceSession":
    """
    Open a graph written by `spanwise.runtime.graphs.export.export_graph`.

    :param model_folder: The folder that holds the weights it was exported from.
    :param threads: How many threads compute one call together; 0 for one a core.
    :param providers: What ONNX Runtime is to compute with, best first.
    :raises ModelError: If the weights are missing or not those that the graph was exported from, or it cannot be run.
    """
    import onnxruntime

    weights = model_folder / WEIGHTS_FILE
    if not weights.is_file():
        msg = f"expected the model's weights at {weights}, found no such file; reinstall spanwise or name another model"
        raise ModelError(msg)
    size = graph.stat().st_size
    if size > MAX_GRAPH_BYTES:
        msg = f"expected a graph of at most {MAX_GRAPH_BYTES:,} bytes in {graph}, found {size:,}; export it again"
        raise ModelError(msg)
    content = graph.read_bytes()
    expected, found = _expected_sha256(content), file_sha256(weights)
    if found != expected:
        msg = f"expected {weights} to have SHA-256 {expected}, found {found}; reinstall or export it again"
        raise ModelError(msg)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = QUIET
    options.intra_op_num_threads = threads
    if weights.is_symlink():  # into a hub's cache, which ONNX Runtime refuses to follow; it may then read nothing else
        data = weights.read_bytes()
        options.add_external_initializers_from_files_in_memory([WEIGHTS_FILE], [data], [len(data)])
    else:  # ONNX Runtime reads nothing outside of it
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(model_folder))
    try:
        return onnxruntime.InferenceSession(content, options, providers=list(providers))
    except Exception as error:  # ONNX Runtime has no error of its own that it could be told by
        msg = (
            f"expected a graph that ONNX Runtime can run in {graph}, found none ({_first_line(error)}); export it again"
        )
        raise ModelError(msg) from error


def run_graph(
    session: "onnxruntime.InferenceSession", inputs: dict[str, "NDArray[Any]"], *, seconds: float = RUN_SECONDS
) -> list["NDArray[Any]"]:
    """
    Run a graph once, for a bounded time.

    :param seconds: By the clock and of the process's processor time: a machine may sleep, or be busy with others.
    :returns: Its outputs.
    :raises MemoryError: If it asks for more memory than there is.
    :raises EndlessGraphError: If it takes too long.
    :raises ModelError: If it fails otherwise.
    """
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.log_severity_level = QUIET
    done, begun = Event(), process_time()

    def end() -> None:
        while not done.wait(seconds):
            options.terminate = process_time() - begun >= seconds

    Thread(target=end, daemon=True).start()
    try:
        outputs: list[NDArray[Any]] = session.run(None, inputs, options)
    except Exception as error:  # as above
        if options.terminate:
            msg = f"expected the model's graph to run in {seconds:g} s, it was ended then; use another model"
            raise EndlessGraphError(msg) from error
        if "alloc" in str(error):
            raise MemoryError(_first_line(error)) from error
        msg = f"expected the model's graph to run, it failed ({_first_line(error)}); use another model"
        raise ModelError(msg) from error
    finally:
        done.set()
    return outputs


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]


def _expected_sha256(graph: bytes) -> str | None:
    """Read the entry of the graph's metadata: a protobuf message whose second field is 64 bytes long."""
    entry = re.search(WEIGHTS_KEY.encode() + rb"\x12\x40([0-9a-f]{64})", graph)
    return None if entry is None else entry[1].decode()
