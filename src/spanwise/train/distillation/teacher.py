"""Load a teacher, check that it has the student's tokens, and compute its logits once."""

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import ModelError
from spanwise.progress import ReportCount
from spanwise.read.backends.pretrained import load_model
from spanwise.read.batches import BatchRunner
from spanwise.train.distillation.cache import UniqueWindows, cached_logits
from spanwise.train.inputs.features import Feature
from spanwise.train.inputs.training_set import build_training_set
from spanwise.train.model import TrainableModel, model_source, with_tokenizer
from spanwise.train.objective import LoadedTraining

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedModel

    from spanwise.train.training_job import TrainingJob


def load_teacher(name: str, job: "TrainingJob") -> TrainableModel:
    """
    Load a reader to learn from, in the dtype that the recipe computes in.

    :param name: A hub name or a folder.
    :raises ModelError: If it is no reader, has no trained head, or takes fewer tokens than the windows have.
    """
    import torch

    model = load_model(model_source(name), token=job.token, options={"dtype": getattr(torch, job.recipe.dtype)})
    model.requires_grad_(False).eval()
    return with_tokenizer(model, name, job.recipe.max_seq_length, job.token)


def require_same_windows(teacher: TrainableModel, name: str, loaded: LoadedTraining) -> None:
    """
    Refuse a teacher that cuts the text into other tokens than its student: their logits could not be compared.

    :param name: The teacher's.
    :raises ModelError: If it is one.
    """
    job, trainable, training_set = loaded.job, loaded.trainable, loaded.training_set
    own, theirs = trainable.inputs, teacher.inputs
    if (own.tokenizer.to_str(), own.pair_format) == (theirs.tokenizer.to_str(), theirs.pair_format):
        return
    remedy = f"choose a student or a teacher with the other's vocabulary (the student is {job.recipe.model!r})"
    recipe = job.recipe.model_copy(update={"model": name})
    others = build_training_set(recipe, teacher, job.sets, loaded.found).features
    for ours, other in zip_longest(training_set.features, others):
        if ours is None or other is None or not _same_tokens(ours, other, types=theirs.takes_types):
            msg = (
                f"expected a teacher with its student's tokens, {_shown(trainable, ours)}, found "
                f"{_shown(teacher, other)} in {name!r} for question {(ours or other).question_id!r}; {remedy}"
            )
            raise ModelError(msg)


def _same_tokens(one: Feature, other: Feature, *, types: bool) -> bool:
    same_types = not types or np.array_equal(one.type_ids, other.type_ids)
    return same_types and np.array_equal(one.input_ids, other.input_ids)


def teacher_logits(
    teacher: TrainableModel, windows: UniqueWindows, folder: "Path", device: str, report: ReportCount
) -> list[NDArray[np.float32]]:
    """
    Return a teacher's logits of windows, of which it reads those that are not in the cache yet.

    :param folder: Of logits on disk.
    :param report: Called with the number of windows done since the last call; first with those in the cache.
    :returns: Start and end logits of each window. *Shape:* (2, n_tokens) each.
    :raises ModelError: If its logits are not finite, or the device has no memory for a single window.
    :raises CacheError: If the disk refuses them.
    """
    from spanwise.read.backends.torch import TorchBackend

    runner = cache(lambda: BatchRunner(TorchBackend(teacher.model, teacher.tokenizer, device=device)))

    def compute(features: Sequence[Feature]) -> list[NDArray[np.float32]]:
        found: dict[int, NDArray[np.float32]] = {}
        for batch, both in runner().run(features):
            for feature, logits in zip(batch, np.stack(both, axis=1), strict=True):
                found[id(feature)] = logits[:, : len(feature.input_ids)]
                _require_finite(found[id(feature)], feature)
            report(len(batch))
        return [found[id(feature)] for feature in features]

    return cached_logits(folder, windows, teacher_fingerprint(teacher.model), compute, report)


def teacher_fingerprint(model: "PreTrainedModel") -> str:
    """Return the SHA-256 (hex) of a loaded model: of its weights, their dtype, and what its configuration computes."""
    import torch

    config = model.config.to_diff_dict()
    for name in ("transformers_version", "_name_or_path"):
        config.pop(name, None)
    digest = hashlib.sha256(json.dumps([type(model).__name__, config], sort_keys=True, default=str).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(memoryview(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy()))
    return digest.hexdigest()


def _require_finite(logits: NDArray[np.float32], feature: Feature) -> None:
    if not np.isfinite(logits).all():
        question = feature.question_id
        msg = f"expected finite logits of the teacher, found others for question {question!r}; name another teacher"
        raise ModelError(msg)


def _shown(owner: TrainableModel, feature: Feature | None) -> str:
    """Return the first tokens of a window, for a message."""
    if feature is None:
        return "no window"
    return repr(" ".join(owner.tokenizer.convert_ids_to_tokens(feature.input_ids[:6].tolist())))
