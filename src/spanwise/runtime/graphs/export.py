"""
Write the ONNX graph of any reader without its weights, as PyTorch traces it.

The graph's initializers point into the model's own `model.safetensors`, so that weights exist once, are read by both
PyTorch and ONNX Runtime, and a graph is some forty kilobytes. Needs the `onnx` extra.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.files.digest import file_sha256
from spanwise.runtime.graphs.builder import point_to, safetensors_header
from spanwise.runtime.graphs.encoder import OUTPUTS
from spanwise.runtime.graphs.session import WEIGHTS_FILE, WEIGHTS_KEY

if TYPE_CHECKING:
    import onnx


def export_graph(model_folder: Path, graph: Path) -> None:
    """
    Export the question-answering model in `model_folder` as the weightless graph `graph`.

    :param model_folder: A folder with `config.json` and `model.safetensors`.
    :param graph: The file to write; `spanwise.runtime.graphs.session.open_session` loads it.
    """
    weights = model_folder / WEIGHTS_FILE
    proto = _trace(model_folder)
    _strip(proto)
    _point_into(proto, weights)
    entry = proto.metadata_props.add()
    entry.key, entry.value = WEIGHTS_KEY, file_sha256(weights)
    graph.write_bytes(proto.SerializeToString())


def _trace(model_folder: Path) -> "onnx.ModelProto":
    import torch
    from transformers import AutoModelForQuestionAnswering

    # Eager attention translates to plain matrix products; the fused kernels' graphs are longer and slower here.
    settings = {"dtype": torch.float32, "attn_implementation": "eager"}
    model = AutoModelForQuestionAnswering.from_pretrained(model_folder, **settings).eval()
    names = ["input_ids", "attention_mask"]
    if getattr(model.config, "type_vocab_size", 0) > 1:
        names.append("token_type_ids")
    example = {name: torch.ones((2, 16), dtype=torch.int64) for name in names}
    example["attention_mask"][1, 9:] = 0
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    program = torch.onnx.export(
        model,
        (),
        kwargs=example,
        input_names=names,
        output_names=[*OUTPUTS],
        dynamic_shapes=dict.fromkeys(names, axes),
        dynamo=True,
        optimize=False,
    )
    if program is None:
        msg = f"expected PyTorch to export {model_folder} to ONNX, it returned nothing"
        raise RuntimeError(msg)
    proto: onnx.ModelProto = program.model_proto
    return proto


def _strip(proto: "onnx.ModelProto") -> None:
    for node in proto.graph.node:
        for field in ("metadata_props", "doc_string", "name"):
            node.ClearField(field)
    for field in ("value_info", "metadata_props", "doc_string"):
        proto.graph.ClearField(field)
    proto.ClearField("metadata_props")


def _point_into(proto: "onnx.ModelProto", weights: Path) -> None:
    """Replace the values of the initializers that stand in `weights` by references into that file."""
    import onnx

    data_start, entries = safetensors_header(weights)
    casts = []
    for tensor in proto.graph.initializer:
        tensor.ClearField("metadata_props")
        entry = entries.get(tensor.name)
        if entry is None or tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        for field in ("raw_data", "float_data", "external_data"):
            tensor.ClearField(field)
        point_to(tensor, data_start, entry)
        if entry["dtype"] == "F16":
            name = tensor.name
            tensor.data_type, tensor.name = onnx.TensorProto.FLOAT16, f"{name}.f16"
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *proto.graph.node]
    proto.graph.ClearField("node")
    proto.graph.node.extend(nodes)
