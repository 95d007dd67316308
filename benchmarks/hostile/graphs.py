"""ONNX graphs that a stranger could put into a reader's folder. Needs the `onnx` extra."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from spanwise.files.digest import file_sha256
from spanwise.runtime.graphs.session import WEIGHTS_FILE, WEIGHTS_KEY

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUTS = ("start_logits", "end_logits")
Nodes = tuple[list[Any], list[Any]]
"""Nodes and initializers."""


def write_graph(
    folder: Path, nodes: Callable[[], Nodes], *, inputs: tuple[str, ...] = INPUTS, signed: bool = True
) -> None:
    """Write `graph.onnx` into a reader's folder; signed, it says that it belongs to the weights there."""
    from onnx import TensorProto, helper

    made, initializers = nodes()
    takes = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in inputs]
    gives = [helper.make_empty_tensor_value_info(name) for name in OUTPUTS]
    graph = helper.make_graph(made, "graph", takes, gives, initializer=initializers)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("evil", 1)], ir_version=10
    )
    if signed:
        entry = model.metadata_props.add()
        entry.key, entry.value = WEIGHTS_KEY, file_sha256(folder / WEIGHTS_FILE)
    (folder / "graph.onnx").write_bytes(model.SerializeToString())


def constant_outputs(values: Any) -> Callable[[], Nodes]:
    """Return nodes that give the same array whatever they are given."""

    def nodes() -> Nodes:
        from onnx import helper, numpy_helper

        return [helper.make_node("Identity", ["a"], [name]) for name in OUTPUTS], [numpy_helper.from_array(values, "a")]

    return nodes


def not_numbers() -> Nodes:
    """Logits that are none, of the right shape."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Cast", ["input_ids"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["f", "f"], ["z"]),
    ]
    return [*nodes, *(helper.make_node("Div", ["z", "z"], [name]) for name in OUTPUTS)], []


def for_ever() -> Nodes:
    """A loop that never ends."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["x"], ["y"])],
        "body",
        [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("x", TensorProto.FLOAT, None)],
        [value("on", TensorProto.BOOL, []), value("y", TensorProto.FLOAT, None)],
    )
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Loop", ["times", "always", "f"], ["end"], body=body),
        *(helper.make_node("Identity", ["end"], [name]) for name in OUTPUTS),
    ]
    times = numpy_helper.from_array(np.array(2**62), "times")
    return nodes, [times, numpy_helper.from_array(np.array(True), "always")]


def eighty_gigabytes() -> Nodes:
    """Twenty billion numbers."""
    import numpy as np
    from onnx import helper, numpy_helper

    nodes = [helper.make_node("ConstantOfShape", ["shape"], ["all"])]
    nodes += [helper.make_node("ReduceSum", ["all"], [name], keepdims=0) for name in OUTPUTS]
    return nodes, [numpy_helper.from_array(np.array([20_000_000_000]), "shape")]


def outside_weights(location: str) -> Callable[[], Nodes]:
    """Return nodes whose numbers stand in another file."""

    def nodes() -> Nodes:
        from onnx import TensorProto, helper

        tensor = TensorProto(name="a", data_type=TensorProto.UINT8, dims=[4], data_location=TensorProto.EXTERNAL)
        for key, value in (("location", location), ("offset", "0"), ("length", "4")):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        cast = helper.make_node("Cast", ["a"], ["f"], to=TensorProto.FLOAT)
        return [cast, *(helper.make_node("Identity", ["f"], [name]) for name in OUTPUTS)], [tensor]

    return nodes


def unknown_operator() -> Nodes:
    """An operator of somebody's own."""
    from onnx import helper

    return [helper.make_node("RunShell", ["input_ids"], [name], domain="evil") for name in OUTPUTS], []
