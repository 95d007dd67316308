"""
The graphs of BERT-like models, written by hand: in float32, or with int8 matrix products. Needs the `onnx` extra.

They are faster than what PyTorch's exporter writes, and hold no weights; `docs/internals/onnx-graphs.md` compares them.
"""

from pathlib import Path
from typing import Any, Literal

from spanwise.runtime.graphs.builder import GraphBuilder
from spanwise.runtime.graphs.int8 import linear_by_token, linear_by_window
from spanwise.runtime.graphs.session import WEIGHTS_FILE
from spanwise.runtime.model_folder import read_settings

Precision = Literal["fp32", "int8"]
PREFIXES = {"bert": "bert", "electra": "electra"} | dict.fromkeys(("roberta", "xlm-roberta", "camembert"), "roberta")
MODEL_TYPES = tuple(PREFIXES)
ACTIVATIONS = {"gelu": "Gelu", "gelu_new": "FastGelu", "gelu_pytorch_tanh": "FastGelu", "gelu_fast": "FastGelu"}
OUTPUTS = ("start_logits", "end_logits")


def build_reader_graph(folder: Path, precision: Precision) -> bytes | None:
    """
    Write the graph of the reader in a folder.

    The float32 one takes padded windows together, and an attention mask; that of int8 one window at a time, without.

    :param folder: Holds `config.json` and `model.safetensors`.
    :returns: The graph, for `spanwise.runtime.graphs.session.open_session`; None for a model that is not known here.
    """
    encoder = _known_encoder(folder, precision)
    return None if encoder is None or "qa_outputs.weight" not in encoder.graph else encoder.reader()


def build_embedder_graph(folder: Path, precision: Precision) -> bytes | None:
    """
    Write the graph of the encoder in a folder, whose one output has the last hidden states.

    What each takes is as for `build_reader_graph`.

    :param folder: Holds `config.json` and `model.safetensors`.
    :returns: None for a model that is not known here.
    """
    encoder = _known_encoder(folder, precision, alone=True)
    return None if encoder is None else encoder.embedder()


def _known_encoder(folder: Path, precision: Precision, *, alone: bool = False) -> "_EncoderGraph | None":
    """
    Begin the graph of an encoder; None for a model that this module does not know.

    :param alone: Whether the encoder's weights are stored by themselves, and not as a part of a larger model.
    """
    config = read_settings(folder / "config.json")
    prefix = PREFIXES.get(config.get("model_type", ""))
    positions = config.get("position_embedding_type") or "absolute"
    is_known = config.get("hidden_act", "") in ACTIVATIONS and positions == "absolute" and not config.get("is_decoder")
    if prefix is None or not is_known:
        return None
    return _EncoderGraph(GraphBuilder(folder / WEIGHTS_FILE), config, "" if alone else f"{prefix}.", precision)


class _EncoderGraph:
    """
    Hidden states are (tokens, hidden), or (windows, tokens, hidden) where windows are batched.

    :param config: The model's own.
    :param prefix: What the names of its weights begin with.
    """

    def __init__(self, graph: GraphBuilder, config: dict[str, Any], prefix: str, precision: Precision) -> None:
        self.graph = graph
        self._config = config
        self._prefix = prefix
        self._typed = config.get("type_vocab_size", 1) > 1
        self._int8 = precision == "int8"
        self._batched = not self._int8
        self._first_axis, self._last_axis = graph.constant([0]), graph.constant([-1])

    def reader(self) -> bytes:
        graph = self.graph
        logits = graph.split(self._linear(self._states(), "qa_outputs"), 2)
        return graph.finish(
            self._inputs(),
            {
                name: (self._whole(graph.op("Squeeze", values, self._last_axis)), self._axes())
                for name, values in zip(OUTPUTS, logits, strict=True)
            },
        )

    def embedder(self) -> bytes:
        axes = [*self._axes(), self._config["hidden_size"]]
        return self.graph.finish(self._inputs(), {"last_hidden_state": (self._whole(self._states()), axes)})

    def _inputs(self) -> dict[str, list[int | str]]:
        names = ["input_ids", *["attention_mask"] * self._batched, *["token_type_ids"] * self._typed]
        return {name: self._axes() for name in names}

    def _axes(self) -> list[int | str]:
        return ["windows" if self._batched else 1, "tokens"]

    def _states(self) -> str:
        from onnx import TensorProto

        graph, states = self.graph, self._embeddings()
        mask = ("", graph.op("Cast", "attention_mask", to=TensorProto.INT32)) if self._batched else ()
        for layer in range(self._config["num_hidden_layers"]):
            states = self._layer(states, f"{self._prefix}encoder.layer.{layer}.", mask)
        return states

    def _embeddings(self) -> str:
        graph, prefix = self.graph, f"{self._prefix}embeddings."
        words = self._rows(f"{prefix}word_embeddings.weight", self._flat("input_ids"))
        types = self._flat("token_type_ids") if self._typed else self._first_axis
        kinds = self._rows(f"{prefix}token_type_embeddings.weight", types)
        is_roberta = PREFIXES[self._config["model_type"]] == "roberta"
        table = f"{prefix}position_embeddings.weight"
        first = graph.constant([self._config["pad_token_id"] + 1 if is_roberta else 0])
        behind = graph.op("Add", graph.op("Shape", "input_ids", start=1, end=2), first)
        places = graph.as_float32(graph.op("Slice", graph.stored(table), first, behind, self._first_axis), table)
        states = graph.op("Add", graph.op("Add", words, kinds), places)
        states = self._normalized(states, f"{prefix}LayerNorm")
        project = f"{self._prefix}embeddings_project"
        return self._linear(states, project) if f"{project}.weight" in graph else states

    def _layer(self, states: str, prefix: str, mask: tuple[str, ...]) -> str:
        graph = self.graph
        names = [f"{prefix}attention.self.{name}" for name in ("query", "key", "value")]
        inner = self._whole(self._by_window(states, *names))
        parts = graph.split(inner, 3)
        context = graph.contributed("MultiHeadAttention", *parts, *mask, num_heads=self._config["num_attention_heads"])
        attended = self._by_window(self._flat(context), f"{prefix}attention.output.dense")
        states = self._normalized(graph.op("Add", attended, states), f"{prefix}attention.output.LayerNorm")
        fed = self._feed_forward(states, prefix)
        return self._normalized(graph.op("Add", fed, states), f"{prefix}output.LayerNorm")

    def _feed_forward(self, states: str, prefix: str) -> str:
        graph, up, down = self.graph, f"{prefix}intermediate.dense", f"{prefix}output.dense"
        if not self._int8:
            inner = graph.contributed(ACTIVATIONS[self._config["hidden_act"]], self._linear(states, up))
            return self._linear(inner, down)
        # Against the rounding of int8, the tanh that approximates the error function in GELU is exact.
        inner = graph.contributed("FastGelu", linear_by_token(graph, states, up), graph.weight(f"{up}.bias"))
        product = linear_by_token(graph, inner, down, after_gelu=True)
        return graph.op("Add", product, graph.weight(f"{down}.bias"))

    def _by_window(self, states: str, *names: str) -> str:
        return linear_by_window(self.graph, states, *names) if self._int8 else self._linear(states, *names)

    def _linear(self, states: str, *names: str) -> str:
        graph = self.graph
        weight = graph.op("Transpose", graph.weight(*(f"{name}.weight" for name in names)), perm=[1, 0])
        bias = graph.weight(*(f"{name}.bias" for name in names))
        return graph.op("Add", graph.op("MatMul", states, weight), bias)

    def _normalized(self, states: str, name: str) -> str:
        scale, shift = (self.graph.weight(f"{name}.{part}") for part in ("weight", "bias"))
        return self.graph.op(
            "LayerNormalization", states, scale, shift, axis=-1, epsilon=self._config["layer_norm_eps"]
        )

    def _rows(self, table: str, indices: str) -> str:
        return self.graph.as_float32(self.graph.op("Gather", self.graph.stored(table), indices), table)

    def _flat(self, tensor: str) -> str:
        """Leave out the axis of windows if there is only one."""
        return tensor if self._batched else self.graph.op("Squeeze", tensor, self._first_axis)

    def _whole(self, tensor: str) -> str:
        """Add the axis of windows again if there is only one."""
        return tensor if self._batched else self.graph.op("Unsqueeze", tensor, self._first_axis)
