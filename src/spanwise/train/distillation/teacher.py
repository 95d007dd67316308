"""Teachers: whether they have their student's tokens, and their logits, computed once and kept on disk."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import zip_longest
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from numpy.typing import NDArray
from transformers import PreTrainedModel

from spanwise.errors import ModelError, SpanwiseError
from spanwise.files.durable import write_durably
from spanwise.progress import ReportCount
from spanwise.read.backends.torch import TorchBackend, load_model
from spanwise.read.batches import BatchRunner
from spanwise.train.inputs.training_set import Feature, build_training_set
from spanwise.train.loop.qa_trainer import LoadedTraining
from spanwise.train.model import TrainableModel, model_source, with_tokenizer
from spanwise.train.results import TEACHER_LOGITS

SHARD = 1024  # windows of one file, the most that a kill makes a teacher read again
TeacherLogits = Sequence[NDArray[np.float32]]
"""A teacher's start and end logits of each window. *Shape:* (2, n_tokens) each."""


class CacheError(SpanwiseError):
    """A teacher's logits could not be written; those written before are whole."""


@dataclass(frozen=True, slots=True)
class UniqueWindows:
    """
    Windows without repetition.

    :param features: One of each, in the order of their first.
    :param rows: For each window of the training, where in `features` it is. *Shape:* (n_windows,), int64.
    :param sha256: Hex digest of the tokens of `features`.
    """

    features: list[Feature]
    rows: NDArray[np.int64]
    sha256: str

    @classmethod
    def of(cls, features: Sequence[Feature]) -> "UniqueWindows":
        """Find the different windows of a training."""
        unique: dict[bytes, Feature] = {}
        digests = []
        for feature in features:
            tokens = feature.input_ids.tobytes() + feature.type_ids.tobytes()
            digests.append(hashlib.blake2b(tokens, digest_size=16).digest())
            unique.setdefault(digests[-1], feature)
        places = {digest: place for place, digest in enumerate(unique)}
        rows = np.array([places[digest] for digest in digests], dtype=np.int64)
        return cls(list(unique.values()), rows, hashlib.sha256(b"".join(unique)).hexdigest())


def cached_logits(
    folder: Path,
    windows: UniqueWindows,
    teacher: str,
    compute: Callable[[Sequence[Feature]], TeacherLogits],
    report: ReportCount,
) -> TeacherLogits:
    """
    Return a teacher's logits of windows, from files of 1,024 windows each; what is missing is computed and written.

    A file is written aside, made durable and then renamed: whatever has its name is whole. Their folder is named by a
    digest of teacher and windows, so that others' logits are never taken for these.

    :param folder: Where the logits of any teacher and windows may be.
    :param teacher: Hex digest of the teacher.
    :param compute: Gives the logits of windows.
    :param report: Called with the number of windows that are found.
    :returns: Mapped into memory.
    :raises CacheError: If the disk refuses; what was written aside is removed.
    """
    folder = folder / hashlib.sha256(f"{teacher} {windows.sha256}".encode()).hexdigest()[:32]
    parts = [windows.features[begin : begin + SHARD] for begin in range(0, len(windows.features), SHARD)]
    files = [folder / f"logits-{number:05}.npy" for number in range(len(parts))]
    tokens = [[len(feature.input_ids) for feature in part] for part in parts]
    arrays = [_open(file, sum(lengths)) for file, lengths in zip(files, tokens, strict=True)]
    report(sum(len(part) for part, array in zip(parts, arrays, strict=True) if array is not None))
    logits: list[NDArray[np.float32]] = []
    for part, file, lengths, found in zip(parts, files, tokens, arrays, strict=True):
        array = found
        if array is None:
            made = np.ascontiguousarray(np.concatenate(compute(part), axis=1), dtype=np.float32)
            _write(file, made, size=8 * sum(map(sum, tokens)))
            array = _open(file, sum(lengths))
        if array is None:
            msg = f"expected a teacher's logits in {file}, found none any more; run it again"
            raise CacheError(msg)
        logits += np.split(array, np.cumsum(lengths)[:-1], axis=1)
    return logits


def _open(file: Path, tokens: int) -> NDArray[np.float32] | None:
    """Map a file into memory; None if there is none of the right size."""
    try:
        array: NDArray[np.float32] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array if array.shape == (2, tokens) and array.dtype == np.float32 else None


def _write(file: Path, array: NDArray[np.float32], *, size: int) -> None:
    """
    Write a file.

    :param size: Of all files in bytes, for the message.
    """
    stream = BytesIO()
    np.save(stream, array)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, stream.getvalue())
    except OSError as error:
        msg = (
            f"expected room for a teacher's logits, {size / 1e6:,.1f} MB in all, in {file.parents[1]}, "
            f"found: {error.strerror}; make room, or name another folder with --cache, and run it again"
        )
        raise CacheError(msg) from error


def load_teacher(name: str, loaded: LoadedTraining) -> TrainableModel:
    """
    Load a reader to learn from, in the dtype that the recipe computes in.

    :param name: A hub name or a folder.
    :raises ModelError: If it is no reader, has no trained head, takes fewer tokens than the windows have, or cuts the
        text into other tokens than its student: their logits could not be compared.
    """
    job, student = loaded.job, loaded.trainable
    model = load_model(model_source(name), token=job.token, options={"dtype": getattr(torch, job.recipe.dtype)})
    model.requires_grad_(False).eval()
    teacher = with_tokenizer(model, name, job.recipe.max_seq_length, job.token)
    own, theirs = student.inputs, teacher.inputs
    if (own.tokenizer.to_str(), own.pair_format) == (theirs.tokenizer.to_str(), theirs.pair_format):
        return teacher
    others = build_training_set(job.recipe, teacher, job.sets, loaded.found).features
    for ours, other in zip_longest(loaded.training_set.features, others):
        if ours is None or other is None or not _same_tokens(ours, other, types=theirs.takes_types):
            msg = (
                f"expected a teacher with its student's tokens, {_shown(student, ours)}, found "
                f"{_shown(teacher, other)} in {name!r} for question {(ours or other).question_id!r}; choose a student "
                f"or a teacher with the other's vocabulary (the student is {job.recipe.model!r})"
            )
            raise ModelError(msg)
    return teacher


def _same_tokens(one: Feature, other: Feature, *, types: bool) -> bool:
    same_types = not types or np.array_equal(one.type_ids, other.type_ids)
    return same_types and np.array_equal(one.input_ids, other.input_ids)


def teacher_logits(name: str, windows: UniqueWindows, loaded: LoadedTraining) -> TeacherLogits:
    """
    Return a teacher's logits of windows, of which it reads those that are not on disk yet.

    :param name: A hub name or a folder.
    :raises ModelError: As of `load_teacher`; or its logits are not finite, or the device has no memory for one window.
    :raises CacheError: If the disk refuses them.
    """
    job, teacher = loaded.job, load_teacher(name, loaded)
    runner = cache(lambda: BatchRunner(TorchBackend(teacher.model, teacher.tokenizer, device=job.device)))

    def compute(features: Sequence[Feature]) -> TeacherLogits:
        found: dict[int, NDArray[np.float32]] = {}
        for batch, both in runner().run(features):
            for feature, logits in zip(batch, np.stack(both, axis=1), strict=True):
                own = found[id(feature)] = logits[:, : len(feature.input_ids)]
                if not np.isfinite(own).all():
                    msg = (
                        f"expected finite logits of the teacher, found others for question {feature.question_id!r}; "
                        "name another teacher"
                    )
                    raise ModelError(msg)
            report(len(batch))
        return [found[id(feature)] for feature in features]

    folder = job.output / TEACHER_LOGITS if job.cache is None else job.cache
    with PartialState().main_process_first():
        report = job.counting("teacher reads", len(windows.features))
        return cached_logits(folder, windows, teacher_fingerprint(teacher.model), compute, report)


def teacher_fingerprint(model: PreTrainedModel) -> str:
    """Return the SHA-256 (hex) of a loaded model: of its weights, their dtype, and what its configuration computes."""
    config = model.config.to_diff_dict()
    for name in ("transformers_version", "_name_or_path"):
        config.pop(name, None)
    digest = hashlib.sha256(json.dumps([type(model).__name__, config], sort_keys=True, default=str).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(memoryview(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy()))
    return digest.hexdigest()


def _shown(owner: TrainableModel, feature: Feature | None) -> str:
    """Return the first tokens of a window, for a message."""
    if feature is None:
        return "no window"
    return repr(" ".join(owner.tokenizer.convert_ids_to_tokens(feature.input_ids[:6].tolist())))
