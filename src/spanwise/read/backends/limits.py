"""How many tokens a model takes."""

from collections.abc import Mapping
from typing import Any

# These number their positions from pad_token_id + 1 (Liu et al. 2019, as implemented in fairseq).
OFFSET_POSITIONS = frozenset(
    {"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "longformer", "mpnet", "data2vec-text"}
)


def max_positions(config: Mapping[str, Any], model_max_length: float | None) -> int:
    """
    Return the most tokens of one input, special tokens included.

    :param config: The model's configuration, as in `config.json`.
    :param model_max_length: The tokenizer's own limit; values beyond a million mean "none stated".
    """
    limits = []
    positions = config.get("max_position_embeddings")
    if positions and positions > 0:
        offset = int(config.get("pad_token_id") or 0) + 1 if config.get("model_type") in OFFSET_POSITIONS else 0
        limits.append(int(positions) - offset)
    if model_max_length is not None and model_max_length < 1_000_000:
        limits.append(int(model_max_length))
    return min(limits, default=512)
