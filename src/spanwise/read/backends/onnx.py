"""A reader folder with an ONNX graph, in ONNX Runtime on the CPU."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spanwise.read.backends.base import Logits
from spanwise.read.backends.limits import max_positions
from spanwise.read.template import PairFormat
from spanwise.runtime.graph import open_session
from spanwise.runtime.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

GRAPH_FILE = "graph.onnx"


class OnnxBackend:
    """
    Runs `graph.onnx` of a model folder; see `spanwise.runtime.export`.

    :param folder: Holds `graph.onnx`, `model.safetensors`, `config.json` and `tokenizer.json`.
    :raises ModelError: If the weights are not those that the graph was exported from.
    """

    batch_tokens = 2048  # beyond this the activations of a layer leave the cache
    pads = True

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tokenizer_config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        self.tokenizer = load_tokenizer(folder)
        self.pair_format = PairFormat(
            passage_first=tokenizer_config.get("padding_side") == "left",
            null_token=_token_id(self.tokenizer, tokenizer_config.get("cls_token")),
        )
        pad = config.get("pad_token_id")
        self.pad_id = 0 if pad is None else int(pad)
        self.max_positions = max_positions(config, tokenizer_config.get("model_max_length"))
        self._session = open_session(folder / GRAPH_FILE, folder)
        self._inputs = {value.name for value in self._session.get_inputs()}

    def logits(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64], token_type_ids: NDArray[np.int64]
    ) -> Logits:
        """See `spanwise.read.backends.base.Backend.logits`."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
        try:
            start, end = self._session.run(None, {name: inputs[name] for name in self._inputs})
        except Exception as error:
            # ONNX Runtime has no error of its own for this.
            if "allocat" not in str(error):
                raise
            raise MemoryError(str(error).partition("\n")[0]) from error
        return start, end


def _token_id(tokenizer: "Tokenizer", token: Any) -> int | None:
    """Return the id of a special token, which a configuration holds as itself or as a table of properties."""
    content = token["content"] if isinstance(token, dict) else token
    return None if content is None else tokenizer.token_to_id(content)
