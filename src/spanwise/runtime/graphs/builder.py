"""Write ONNX graphs, node by node, whose weights stay in a safetensors file. Needs the `onnx` extra."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spanwise.files.digest import file_sha256
from spanwise.runtime.graphs.session import WEIGHTS_FILE, WEIGHTS_KEY

if TYPE_CHECKING:
    import onnx

OPSET, IR_VERSION = 21, 10
CONTRIBUTED = "com.microsoft"  # the operators that ONNX Runtime adds to ONNX


class GraphBuilder:
    """
    Collects nodes, small constants, and references to weights.

    Tensors are named by strings; every method that makes one returns its name.

    :param weights: The safetensors file that the graph reads.
    """

    def __init__(self, weights: Path) -> None:
        self._weights = weights
        self._data_start, self._entries = safetensors_header(weights)
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}

    def __contains__(self, weight: str) -> bool:
        """Tell whether the file holds a weight of this name."""
        return weight in self._entries

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """
        Add a node that gives one tensor.

        :param inputs: Names of tensors; "" leaves an optional one out.
        """
        return self._node(kind, inputs, 1, domain, attributes)[0]

    def contributed(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of one of ONNX Runtime's own operators that gives one tensor."""
        return self.op(kind, *inputs, domain=CONTRIBUTED, **attributes)

    def split(self, tensor: str, parts: int) -> list[str]:
        """Cut a tensor into equal parts along its last axis."""
        return self._node("Split", (tensor,), parts, "", {"axis": -1, "num_outputs": parts})

    def _node(
        self, kind: str, inputs: Sequence[str], outputs: int, domain: str, attributes: Mapping[str, Any]
    ) -> list[str]:
        from onnx import helper

        names = [f"t{len(self._nodes)}.{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names

    def constant(self, value: Any) -> str:
        """Return a small constant: an int64 list or array, a float32 or a numpy scalar."""
        from onnx import numpy_helper

        array = np.asarray(value, dtype=np.float32 if isinstance(value, float) else None)
        name = f"{array.dtype.name}{array.tolist()}"
        if name not in self._initializers:
            self._initializers[name] = numpy_helper.from_array(array, name)
        return name

    def stored(self, weight: str) -> str:
        """Return a weight as the file holds it, be it float16."""
        from onnx import TensorProto

        if weight not in self._initializers:
            entry = self._entries[weight]
            kinds = {"F32": TensorProto.FLOAT, "F16": TensorProto.FLOAT16, "BF16": TensorProto.BFLOAT16}
            tensor = TensorProto(name=weight, data_type=kinds[entry["dtype"]], dims=entry["shape"])
            point_to(tensor, self._data_start, entry)
            self._initializers[weight] = tensor
        return weight

    def weight(self, *weights: str) -> str:
        """Return a weight, or several of one type above one another, as float32."""
        tensors = [self.stored(weight) for weight in weights]
        together = tensors[0] if len(tensors) == 1 else self.op("Concat", *tensors, axis=0)
        return self.as_float32(together, weights[0])

    def as_float32(self, tensor: str, weight: str) -> str:
        """Return a tensor of the type of `weight` as float32."""
        from onnx import TensorProto

        return tensor if self._entries[weight]["dtype"] == "F32" else self.op("Cast", tensor, to=TensorProto.FLOAT)

    def finish(self, inputs: dict[str, list[int | str]], outputs: dict[str, tuple[str, list[int | str]]]) -> bytes:
        """
        Return the graph, with the weights' SHA-256 in its metadata.

        :param inputs: Names and shapes of its int64 inputs.
        :param outputs: For each output its tensor and shape; float32.
        """
        from onnx import TensorProto, helper

        for name, (tensor, _) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [tensor], [name]))
        graph = helper.make_graph(
            self._nodes,
            "reader",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, (_, shape) in outputs.items()],
            list(self._initializers.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIBUTED, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        helper.set_model_props(model, {WEIGHTS_KEY: file_sha256(self._weights)})
        content: bytes = model.SerializeToString()
        return content


def safetensors_header(weights: Path) -> tuple[int, dict[str, Any]]:
    """
    Read what a safetensors file says of itself.

    :returns: Where its data begins, in bytes, and for each tensor its "dtype", "shape" and "data_offsets".
    """
    with weights.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        return 8 + size, json.loads(file.read(size))


def point_to(tensor: "onnx.TensorProto", data_start: int, entry: Mapping[str, Any]) -> None:
    """
    Point an initializer at the bytes of a weight in the safetensors file beside the graph.

    :param data_start: Where the file's data begins, in bytes.
    :param entry: What the file says of the weight.
    """
    from onnx import TensorProto

    begin, end = entry["data_offsets"]
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", WEIGHTS_FILE), ("offset", data_start + begin), ("length", end - begin)):
        item = tensor.external_data.add()
        item.key, item.value = key, str(value)
