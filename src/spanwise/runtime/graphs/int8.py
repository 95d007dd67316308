"""
Matrix products in int8, without calibration.

Weights are quantized per output channel when a graph is opened; activations with scales of the one window at hand, per
token where tokens differ much (Dettmers et al. 2022, section 2.1).
"""

import numpy as np

from spanwise.runtime.graphs.builder import GraphBuilder

# On processors without VNNI, x86 adds two products of bytes in 16 bits: 2 * 255 * 64 is less than 2**15.
STEPS = 64
# Of GELU's outputs most are near zero: two that are large stand beside each other so seldom that 8 bits do.
STEPS_AFTER_GELU = 127
GELU_MINIMUM, GELU_ZERO = -0.17, 32  # the function's lowest value; the byte for zero, which leaves room for it
SMALLEST = 1e-9  # so that an output channel of zeros does not divide by zero


def linear_by_window(graph: GraphBuilder, states: str, *names: str) -> str:
    """
    Multiply by the weights of one or several layers side by side, one scale for the whole window, and add their biases.

    :param states: *Shape:* (tokens, hidden).
    :returns: *Shape:* (tokens, all outputs).
    """
    weight, scale = _quantized(graph, [f"{name}.weight" for name in names], STEPS)
    bias = graph.weight(*(f"{name}.bias" for name in names))
    return graph.contributed("DynamicQuantizeMatMul", states, weight, scale, "", bias)


def linear_by_token(graph: GraphBuilder, states: str, name: str, *, after_gelu: bool = False) -> str:
    """
    Multiply by the weights of a layer, with a scale for each token; the bias is not added.

    :param states: *Shape:* (tokens, hidden).
    :param after_gelu: Whether `states` are GELU's outputs, of which none is lower than -0.17.
    :returns: *Shape:* (tokens, outputs).
    """
    weight, weight_scale = _quantized(graph, [f"{name}.weight"], STEPS_AFTER_GELU if after_gelu else STEPS)
    zero = np.uint8(GELU_ZERO if after_gelu else 128)
    highest = graph.op("ReduceMax", states if after_gelu else graph.op("Abs", states), graph.constant([-1]), keepdims=0)
    scale = graph.op("Mul", highest, graph.constant(float(1 / (255 - int(zero)))))
    scale = graph.op("Max", scale, graph.constant(-GELU_MINIMUM / GELU_ZERO if after_gelu else SMALLEST))
    zeros = graph.op("Expand", graph.constant(zero), graph.op("Shape", scale))
    quantized = graph.op("QuantizeLinear", states, scale, zeros, axis=0)
    product = graph.contributed(
        "MatMulIntegerToFloat", quantized, weight, graph.constant(1.0), weight_scale, graph.constant(zero)
    )
    return graph.op("Mul", product, graph.op("Unsqueeze", scale, graph.constant([1])))


def _quantized(graph: GraphBuilder, weights: list[str], steps: int) -> tuple[str, str]:
    """
    Quantize the weights of layers side by side, per output channel, around zero.

    :returns: The int8 weights, (inputs, outputs), and the scales, (outputs,).
    """
    from onnx import TensorProto

    weight = graph.weight(*weights)
    largest = graph.op("ReduceMax", graph.op("Abs", weight), graph.constant([1]), keepdims=0)
    scale = graph.op("Max", graph.op("Mul", largest, graph.constant(float(1 / steps))), graph.constant(SMALLEST))
    quantized = graph.op("QuantizeLinear", weight, scale, axis=0, output_dtype=int(TensorProto.INT8))
    return graph.op("Transpose", quantized, perm=[1, 0]), scale
