"""What the reader asks of the code that runs a model, and what a model takes."""

import inspect
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import ModelError
from spanwise.read.windows import PairFormat
from spanwise.runtime.model_folder import read_settings
from spanwise.runtime.tokenizer import load_tokenizer, require_fast, without_limits

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# These number their positions from pad_token_id + 1 (Liu et al. 2019, as implemented in fairseq).
OFFSET_POSITIONS = frozenset(
    "camembert data2vec-text ibert layoutlmv3 lilt longformer luke markuplm mpnet roberta roberta-prelayernorm "  # noqa: SIM905
    "xlm-roberta xlm-roberta-xl xmod".split()
)
POSITION_KEYS = ("max_position_embeddings", "n_positions", "max_encoder_position_embeddings")
# Segment embeddings without a "type_vocab_size" in the configuration.
SEGMENTED = frozenset({"funnel", "xlnet"})
TokenArray = NDArray[np.int64]
Logits = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class ModelInputs:
    """
    How a model's inputs are made.

    :param tokenizer: Its tokenizer, a copy without truncation or padding.
    :param pair_format: How it sets a question and a passage beside one another.
    :param pad_id: The token that fills a batch.
    :param max_positions: Most tokens of one input, special tokens included.
    :param model_type: Its architecture, as its configuration names it.
    :param takes_types: Whether it is given token types; of a graph its own inputs say so.
    """

    tokenizer: "Tokenizer"
    pair_format: PairFormat
    pad_id: int
    max_positions: int
    model_type: str | None
    takes_types: bool = True

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """
        Read a model folder's own files, without transformers.

        :param folder: Holds `config.json`, `tokenizer_config.json` and `tokenizer.json`.
        :raises ModelError: If one of them is missing or cannot be understood.
        """
        config, stated = read_settings(folder / "config.json"), read_settings(folder / "tokenizer_config.json")
        tokenizer = load_tokenizer(folder)
        try:
            null = stated.get("cls_token")
            null = null["content"] if isinstance(null, dict) else null  # a special token is a text, or has properties
            null_id = None if null is None else tokenizer.token_to_id(null)
            pad = config.get("pad_token_id")
            return cls(
                tokenizer=tokenizer,
                pair_format=PairFormat(passage_first=stated.get("padding_side") == "left", null_token=null_id),
                pad_id=0 if pad is None else int(pad),
                max_positions=max_positions(config, stated.get("model_max_length")),
                model_type=config.get("model_type"),
            )
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            msg = f"expected the settings of a reader in {folder}, found others ({error!r}); copy or download it again"
            raise ModelError(msg) from error

    @classmethod
    def of_model(cls, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> Self:
        """
        Look at a loaded model and its tokenizer.

        :raises ModelError: If the tokenizer is a slow one, or knows far fewer tokens than the model.
        """
        from tokenizers import Tokenizer

        config, parameters = model.config.to_dict(), inspect.signature(model.forward).parameters
        require_fast(tokenizer)
        known = config.get("vocab_size")
        # transformers makes an empty tokenizer where a model comes without its tokenizer's files.
        if known is not None and 2 * len(tokenizer) < known:
            msg = (
                f"expected a tokenizer of about {known} tokens, found {len(tokenizer)} in {tokenizer.name_or_path!r}; "
                "save the model's own tokenizer beside it"
            )
            raise ModelError(msg)
        null_id = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
        return cls(
            tokenizer=without_limits(Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())),
            # The scripts that fine-tune for question answering set the passage first where padding is on the left.
            pair_format=PairFormat(passage_first=tokenizer.padding_side == "left", null_token=null_id),
            pad_id=0 if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id),
            max_positions=max_positions(config, tokenizer.model_max_length),
            model_type=config.get("model_type"),
            takes_types=takes_types(config, parameters, tokenizer.init_kwargs.get("model_input_names")),
        )


def max_positions(config: Mapping[str, Any], model_max_length: float | None) -> int:
    """
    Return the most tokens of one input, special tokens included; `sys.maxsize` if there is no limit.

    :param config: The model's configuration, as in `config.json`.
    :param model_max_length: The tokenizer's own limit; values beyond a million mean "none stated".
    """
    offset = 0
    if config.get("model_type") in OFFSET_POSITIONS:
        pad = config.get("pad_token_id")
        offset = 1 + (0 if pad is None else int(pad))
    stated = [config.get(key) for key in POSITION_KEYS]
    limits = [int(positions) - offset for positions in stated if positions is not None and positions > 0]
    if model_max_length is not None and model_max_length < 1_000_000:
        limits.append(int(model_max_length))
    return min(limits, default=sys.maxsize)


def takes_types(config: Mapping[str, Any], parameters: Collection[str], stated: Collection[str] | None) -> bool:
    """
    Tell whether a model is to be given token types.

    The tokenizer classes of transformers 5 no longer say so: ALBERT's and XLNet's leave token types out, though those
    models were trained with them.

    :param config: The model's configuration, as in `config.json`.
    :param parameters: Names of the parameters of the model's `forward`.
    :param stated: "model_input_names" of the tokenizer's own configuration; None if it does not say.
    """
    if "token_type_ids" not in parameters or (stated is not None and "token_type_ids" not in stated):
        return False
    kinds = config.get("type_vocab_size")
    return config.get("model_type") in SEGMENTED if kinds is None else kinds > 1


class Backend(Protocol):
    """
    A loaded question-answering model.

    :param inputs: What it takes.
    :param batch_tokens: Tokens of a padded batch with which it runs best.
    :param in_flight: How many batches it is to be given at once, each by a thread of its own.
    :param pads: Whether windows of different lengths may share a batch; padding changes some models' logits.
    """

    inputs: ModelInputs
    batch_tokens: int
    in_flight: int
    pads: bool

    def logits(self, input_ids: TokenArray, attention_mask: TokenArray, token_type_ids: TokenArray) -> Logits:
        """
        Score every token as the start and as the end of an answer; token types are ignored by a model without them.

        :param input_ids: *Shape:* (n_windows, n_tokens), right-padded.
        :param attention_mask: 1 for a token, 0 for padding. *Shape:* (n_windows, n_tokens).
        :param token_type_ids: *Shape:* (n_windows, n_tokens).
        :returns: Start and end logits. *Shape:* (n_windows, n_tokens) each, float32.
        :raises MemoryError: If the batch is too large for the device; a smaller one may do.
        """
        ...
