"""Write the trained model, its card and its record."""

import platform
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise import __version__
from spanwise.calibration import CALIBRATION_FILE, Calibration, write_calibration
from spanwise.evaluate.model_card import CARD, write_model_card
from spanwise.files.durable import sync_path
from spanwise.packages import package_versions
from spanwise.runtime.hub import quiet_loading
from spanwise.runtime.processor import processor_name
from spanwise.runtime.tokenizer import without_limits
from spanwise.train.loop.checkpoints import CheckpointFolder
from spanwise.train.results.run_folder import PASSAGES, RECORD, TEACHER_LOGITS, UNFINISHED, write_json

if TYPE_CHECKING:
    from spanwise.train.model import TrainableModel

STAGE = "being-written"
TEMPLATE = "card.md.j2"
SHOWN_ELSEWHERE = {"model", "train", "eval", "model_fingerprint", "distill", "intermediate", "teacher_fingerprints"}
MODULES = ("torch", "transformers", "accelerate", "tokenizers", "numpy")


def stage_model(folder: Path, trainable: "TrainableModel", *, save_dtype: str, null_answer: bool) -> Path:
    """
    Write a trained model aside, in a folder that a reader is loaded from.

    :param folder: Of the training.
    :param save_dtype: Of the weights, such as "float16".
    :param null_answer: Where False, a calibration says that the model never learned to say "no answer".
    :returns: The folder aside.
    """
    import torch

    stage = folder / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    dtype = getattr(torch, save_dtype)
    weights = {name: tensor.to("cpu", dtype) for name, tensor in trainable.model.state_dict().items()}
    with quiet_loading():
        trainable.model.save_pretrained(stage, state_dict=weights, max_shard_size="100GB")
    trainable.model.config.dtype = dtype  # save_pretrained takes it from the model, which stays as it was trained
    trainable.model.config.save_pretrained(stage)
    without_limits(trainable.tokenizer.backend_tokenizer)
    trainable.tokenizer.save_pretrained(stage)
    if not null_answer:
        write_calibration(replace(Calibration(), null_answer=False), stage / CALIBRATION_FILE)
    return stage


def write_card(folder: Path, name: str, record: Mapping[str, Any]) -> None:
    """
    Write the model card: what a reader is, what it was trained on and how, and what it reaches.

    :param folder: Of the model.
    :param name: Of the model.
    :param record: What `training.json` says.
    """
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, trim_blocks=True, keep_trailing_newline=True)
    environment.filters.update(model_name=_model_name, count="{:,}".format)
    settings = {
        setting: ", ".join(value) if isinstance(value, list) else value
        for setting, value in record["settings"].items()
        if setting not in SHOWN_ELSEWHERE and value is not None and value != []
    }
    text = environment.get_template(TEMPLATE).render(name=name, record=record, settings=settings)
    file = folder / CARD
    file.write_text(text, encoding="utf-8", newline="")
    if record["metrics"]:
        write_model_card(file, name, [{"data": data, **metrics} for data, metrics in record["metrics"].items()])


def _model_name(model: str) -> str:
    """Return a model's name; of a folder's path the last part."""
    return Path(model).name if Path(model).is_absolute() else model


def publish(folder: Path, stage: Path, record: Mapping[str, Any]) -> None:
    """Move the finished files into the folder and write the record, which marks the training as finished."""
    for file in stage.iterdir():
        sync_path(file)
        file.replace(folder / file.name)
    stage.rmdir()
    write_json(folder / RECORD, record)
    clear(folder)


def clear(folder: Path) -> None:
    """Remove checkpoints, passages, teachers' logits and the mark of an unfinished training."""
    CheckpointFolder(folder).remove()
    for kept in (PASSAGES, TEACHER_LOGITS):
        shutil.rmtree(folder / kept, ignore_errors=True)
    (folder / UNFINISHED).unlink(missing_ok=True)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide a training."""
    return {"python": platform.python_version(), "spanwise": __version__, **package_versions(MODULES)}


def hardware(device: str, processes: int) -> dict[str, Any]:
    """Return what a training ran on."""
    import torch

    name = torch.cuda.get_device_name() if device.startswith("cuda") else processor_name()
    return {"device": device, "name": name, "processes": processes, "threads": torch.get_num_threads()}
