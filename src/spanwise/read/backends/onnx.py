"""A reader folder with an ONNX graph, in ONNX Runtime on the CPU."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.read.backends.base import Logits
from spanwise.read.backends.limits import max_positions
from spanwise.runtime.graph import open_session
from spanwise.runtime.tokenizer import load_tokenizer

GRAPH_FILE = "graph.onnx"


class OnnxBackend:
    """
    Runs `graph.onnx` of a model folder; see `spanwise.runtime.export`.

    :param folder: Holds `graph.onnx`, `model.safetensors`, `config.json` and `tokenizer.json`.
    :raises ModelError: If the weights are not those that the graph was exported from.
    """

    batch_tokens = 2048  # beyond this the activations of a layer leave the cache

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tokenizer_config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        self.tokenizer = load_tokenizer(folder)
        self.pad_id = int(config.get("pad_token_id") or 0)
        self.max_positions = max_positions(config, tokenizer_config.get("model_max_length"))
        self._session = open_session(folder / GRAPH_FILE, folder)
        self._inputs = {value.name for value in self._session.get_inputs()}

    def logits(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64], token_type_ids: NDArray[np.int64]
    ) -> Logits:
        """See `spanwise.read.backends.base.Backend.logits`."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        start, end = self._session.run(None, {name: inputs[name] for name in self._inputs})
        return start, end
