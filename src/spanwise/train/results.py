"""What a training writes: its folder, the model, its record and card."""

import json
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from spanwise import __version__
from spanwise.calibration import CALIBRATION_FILE, Calibration, write_calibration
from spanwise.errors import UsageError
from spanwise.evaluate.model_card import CARD, write_model_card
from spanwise.files.durable import sync_path, write_durably
from spanwise.files.json_object import read_json_object
from spanwise.packages import package_versions
from spanwise.runtime.hub import quiet_loading
from spanwise.runtime.processor import processor_name
from spanwise.runtime.tokenizer import without_limits
from spanwise.train.loop.arguments import processes
from spanwise.train.loop.checkpoints import CHECKPOINTS, CheckpointFolder
from spanwise.train.passages.corpora import PASSAGES
from spanwise.train.recipe import current_keys

if TYPE_CHECKING:
    from spanwise.train.loop.qa_trainer import LoadedTraining
    from spanwise.train.loop.scoring import Counting

RECORD = "training.json"
UNFINISHED = "unfinished.json"
LOCK = "training.lock"
TEACHER_LOGITS = "teacher-logits"
"""Those of a distillation's windows, until it is finished."""
STAGE = "being-written"
TEMPLATE = "card.md.j2"
SHOWN_ELSEWHERE = {"model", "train", "eval", "model_fingerprint", "distill", "intermediate", "teacher_fingerprints"}
MODULES = ("torch", "transformers", "accelerate", "tokenizers", "numpy")


def open_run_folder(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    Make a training's folder, or read what is in it.

    :param settings: What decides the weights, as JSON values.
    :returns: The record of this training if it is finished, else None.
    :raises UsageError: If it holds anything but this training, or cannot be written.
    """
    for name in (RECORD, UNFINISHED):
        file = folder / name
        if file.exists():
            written = read_record(folder, name)
            if name == UNFINISHED and not CheckpointFolder(folder).steps():  # nothing of it would be lost
                write_json(file, {"settings": settings})
                return None
            _require_same(folder, current_keys(written.get("settings", {})), settings, finished=name == RECORD)
            return written if name == RECORD else None
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    unknown = next((name for name in names if name != f"{UNFINISHED}.tmp"), None)  # that a training does not leave
    held = "no folder" if folder.exists() and not folder.is_dir() else unknown
    if held is not None:
        msg = f"expected {folder} to be empty or not to exist, found {held}; name another folder with --output"
        raise UsageError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / UNFINISHED, {"settings": settings})
    except OSError as error:
        msg = f"expected to write into {folder}: {error.strerror}; name another folder with --output"
        raise UsageError(msg) from error
    return None


@contextmanager
def training_lock(folder: Path) -> Iterator[None]:
    """
    Lock a folder against other trainings; the operating system releases the lock when this process ends.

    :raises UsageError: If one is there.
    """
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"expected no other training in {folder}, found one that runs; wait for it, or name another with --output"
        raise UsageError(msg) from error
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        lock.release()


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Write JSON durably."""
    write_durably(file, f"{json.dumps(content, indent=2, ensure_ascii=False)}\n".encode())


def read_record(folder: Path, name: str = RECORD) -> dict[str, Any]:
    """
    Return what a training's `training.json` says, or another record of it.

    :raises UsageError: If it cannot be read.
    """
    return read_json_object(folder / name, "a training's record", "name another folder with --output")


def _require_same(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any], *, finished: bool) -> None:
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            state = "a finished" if finished else "an unfinished"
            msg = (
                f"expected {folder} to be empty or to hold this training, found {state} one with another {key}: "
                f"{_shown(before.get(key))}, not {_shown(now.get(key))}; name another folder with --output"
            )
            raise UsageError(msg)


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def save_reader(loaded: "LoadedTraining", record: Mapping[str, Any], counting: "Counting") -> None:
    """
    Write a trained model, measure what was written, and record it all, which marks the training as finished.

    :param record: What is recorded of it before.
    :param counting: Makes a callback of what is measured.
    """
    job, scorer = loaded.job, loaded.scorer
    stage = _stage_model(loaded, null_answer=record["null_answer"])
    metrics = {} if scorer is None else scorer.score_folder(stage, job.device, counting)
    record = {**record, "metrics": metrics}
    _write_card(stage, job.output.resolve().name, record)
    for file in stage.iterdir():
        sync_path(file)
        file.replace(job.output / file.name)
    stage.rmdir()
    write_json(job.output / RECORD, record)
    clear(job.output)


def _stage_model(loaded: "LoadedTraining", *, null_answer: bool) -> Path:
    """
    Write a trained model aside, in a folder that a reader is loaded from.

    :param null_answer: Where False, a calibration says that the model never learned to say "no answer".
    """
    import torch

    model, tokenizer = loaded.trainable.model, loaded.trainable.tokenizer
    stage = loaded.job.output / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    dtype = getattr(torch, loaded.job.recipe.save_dtype)
    weights = {name: tensor.to("cpu", dtype) for name, tensor in model.state_dict().items()}
    with quiet_loading():
        model.save_pretrained(stage, state_dict=weights, max_shard_size="100GB")
    model.config.dtype = dtype  # save_pretrained takes it from the model, which stays as it was trained
    model.config.save_pretrained(stage)
    without_limits(tokenizer.backend_tokenizer)
    tokenizer.save_pretrained(stage)
    if not null_answer:
        write_calibration(replace(Calibration(), null_answer=False), stage / CALIBRATION_FILE)
    return stage


def environment(device: str) -> dict[str, dict[str, Any]]:
    """Return what a training ran on: hardware, and the versions of Python and of the packages that decide it."""
    import torch

    name = torch.cuda.get_device_name() if device.startswith("cuda") else processor_name()
    return {
        "hardware": {"device": device, "name": name, "processes": processes(), "threads": torch.get_num_threads()},
        "versions": {"python": platform.python_version(), "spanwise": __version__, **package_versions(MODULES)},
    }


def _write_card(folder: Path, name: str, record: Mapping[str, Any]) -> None:
    """Write the model card: what a reader is, what it was trained on and how, and what it reaches."""
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(Path(__file__).parent)
    templates = Environment(loader=loader, trim_blocks=True, keep_trailing_newline=True)
    templates.filters.update(model_name=_model_name, count="{:,}".format)
    settings = {
        setting: ", ".join(value) if isinstance(value, list) else value
        for setting, value in record["settings"].items()
        if setting not in SHOWN_ELSEWHERE and value is not None and value != []
    }
    text = templates.get_template(TEMPLATE).render(name=name, record=record, settings=settings)
    file = folder / CARD
    file.write_text(text, encoding="utf-8", newline="")
    if record["metrics"]:
        write_model_card(file, name, [{"data": data, **metrics} for data, metrics in record["metrics"].items()])


def _model_name(model: str) -> str:
    """Return a model's name; of a folder's path the last part."""
    return Path(model).name if Path(model).is_absolute() else model


def clear(folder: Path) -> None:
    """Remove checkpoints, passages, teachers' logits and the mark of an unfinished training."""
    for kept in (CHECKPOINTS, PASSAGES, TEACHER_LOGITS):
        shutil.rmtree(folder / kept, ignore_errors=True)
    (folder / UNFINISHED).unlink(missing_ok=True)
