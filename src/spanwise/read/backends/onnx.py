"""A reader folder with ONNX graphs, in ONNX Runtime."""

from pathlib import Path
from typing import Any

import numpy as np

from spanwise.errors import ModelError
from spanwise.read.backends.base import Logits, ModelInputs, TokenArray
from spanwise.runtime.graphs.encoder import MODEL_TYPES
from spanwise.runtime.graphs.session import EndlessGraphError, open_session, run_graph
from spanwise.runtime.processor import usable_cores

GRAPHS = {"fp32": "graph.onnx", "int8": "graph.int8.onnx"}


class OnnxBackend:
    """
    Runs a graph of a model folder; see `spanwise.runtime.graphs.export`.

    On a CPU every core computes a window of its own, without padding: small products keep one core busier than two,
    and a window's logits are the same to the last bit whatever it is read with.

    :param folder: Holds the graph, `model.safetensors`, `config.json` and `tokenizer.json`.
    :param precision: "fp32" or "int8", which runs on a CPU only.
    :param device: "cpu", "cuda" or "cuda:N", which takes the package onnxruntime-gpu.
    :raises ModelError: If the weights are not those that the graph was exported from, or ONNX Runtime lacks CUDA.
    """

    def __init__(self, folder: Path, *, precision: str = "fp32", device: str = "cpu") -> None:
        self.inputs = ModelInputs.of_folder(folder)
        self._alone = device == "cpu"
        self.pads = self._alone or self.inputs.model_type in MODEL_TYPES  # others may look at padding
        self.batch_tokens = 1 if self._alone else 65_536  # a window that is longer is a batch of its own
        self.in_flight = usable_cores() if self._alone else 2
        self._graph = folder / GRAPHS[precision]
        self._session = open_session(self._graph, folder, threads=int(self._alone), providers=_providers(device))
        self._endless: EndlessGraphError | None = None  # the windows that wait are not to take as long again each
        self._names = {value.name for value in self._session.get_inputs()}
        known = {"input_ids", "attention_mask", "token_type_ids"}
        if "input_ids" not in self._names or self._names - known:
            msg = f"expected {', '.join(sorted(known))} as inputs of {self._graph}, found {sorted(self._names)}"
            raise ModelError(msg)

    def logits(self, input_ids: TokenArray, attention_mask: TokenArray, token_type_ids: TokenArray) -> Logits:
        """See `spanwise.read.backends.base.Backend.logits`; the logits of padding are zero where it is left out."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        inputs = {name: inputs[name] for name in self._names}
        if not self._alone:
            return self._run(inputs)
        starts, ends = np.zeros_like(input_ids, dtype=np.float32), np.zeros_like(input_ids, dtype=np.float32)
        for row, length in enumerate(attention_mask.sum(axis=1)):
            window = {name: array[row : row + 1, :length] for name, array in inputs.items()}
            starts[row : row + 1, :length], ends[row : row + 1, :length] = self._run(window)
        return starts, ends

    def _run(self, inputs: dict[str, TokenArray]) -> Logits:
        if self._endless is not None:
            raise self._endless
        try:
            outputs = run_graph(self._session, inputs)
        except EndlessGraphError as error:
            self._endless = error
            raise
        shape = inputs["input_ids"].shape
        found = [getattr(output, "shape", None) for output in outputs]
        if found != [shape, shape] or not all(np.isfinite(output).all() for output in outputs):
            numbers = "NaN or infinity" if found == [shape, shape] else f"outputs of shape {found}"
            msg = (
                f"expected start and end logits of shape {shape} from {self._graph}, found {numbers}; use another model"
            )
            raise ModelError(msg)
        start, end = outputs
        return start, end


def _providers(device: str) -> list[Any]:
    if device == "cpu":
        return ["CPUExecutionProvider"]
    import onnxruntime

    available = onnxruntime.get_available_providers()
    if "CUDAExecutionProvider" not in available:
        msg = (
            f"expected an ONNX Runtime with CUDA for the device {device!r}, found one with {', '.join(available)}; "
            "install onnxruntime-gpu in place of onnxruntime, or choose backend='torch'"
        )
        raise ModelError(msg)
    return [("CUDAExecutionProvider", {"device_id": device.partition(":")[2] or "0"}), "CPUExecutionProvider"]
