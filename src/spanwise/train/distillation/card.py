"""The section of a model card about its distillation."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def describe_distillation(distillation: Mapping[str, Any]) -> str:
    """
    Return sentences about a distillation, from the record of a training.

    :param distillation: What `training.json` says of it: of both stages, or of that which matches layers alone.
    """
    if "temperature" not in distillation:
        return _layers(distillation)
    weight = distillation["distillation_loss_weight"]
    names = " and ".join(_name(teacher) for teacher in distillation["teacher"])
    averaged = ", whose probabilities were averaged," if len(distillation["teacher"]) > 1 else ""
    logits = (
        f"It learned the logits of {names}{averaged} at a temperature of {distillation['temperature']:g}: its loss is "
        f"{weight:g} of the divergence from the teacher and {1 - weight:g} of the cross-entropy of right answers."
    )
    first = distillation["intermediate"]
    return logits if first is None else f"{_layers(first)}\n\n{logits}"


def _layers(matched: Mapping[str, Any]) -> str:
    pairs = ", ".join(f"{own} from {other}" for own, other in enumerate(matched["layers"]))
    scores = f" and attention ({matched['attentions']})" if matched["attentions"] is not None else ""
    projection = ""
    if matched["projection"] is not None:
        before, after = matched["projection"][0][-1], matched["projection"][1][-1]
        projection = f" Learned matrices made {before} dimensions {after}; they are no part of the model."
    return (
        f"Its hidden states{scores} learned first from those of {_name(matched['teacher'])}, layer by layer, 0 being "
        f"the embeddings: {pairs}.{projection}"
    )


def _name(teacher: str) -> str:
    return Path(teacher).name if Path(teacher).is_absolute() else teacher
