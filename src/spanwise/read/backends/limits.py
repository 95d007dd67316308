"""How many tokens a model takes, and whether it takes their types."""

import sys
from collections.abc import Collection, Mapping
from typing import Any

# These number their positions from pad_token_id + 1 (Liu et al. 2019, as implemented in fairseq).
OFFSET_POSITIONS = frozenset(
    {
        "camembert",
        "data2vec-text",
        "ibert",
        "layoutlmv3",
        "lilt",
        "longformer",
        "luke",
        "markuplm",
        "mpnet",
        "roberta",
        "roberta-prelayernorm",
        "xlm-roberta",
        "xlm-roberta-xl",
        "xmod",
    }
)
POSITION_KEYS = ("max_position_embeddings", "n_positions", "max_encoder_position_embeddings")
# Segment embeddings without a "type_vocab_size" in the configuration.
SEGMENTED = frozenset({"funnel", "xlnet"})


def max_positions(config: Mapping[str, Any], model_max_length: float | None) -> int:
    """
    Return the most tokens of one input, special tokens included; `sys.maxsize` where there is no limit.

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
    :param stated: "model_input_names" of the tokenizer's own configuration; None where it does not say.
    """
    if "token_type_ids" not in parameters or (stated is not None and "token_type_ids" not in stated):
        return False
    kinds = config.get("type_vocab_size")
    return config.get("model_type") in SEGMENTED if kinds is None else kinds > 1
