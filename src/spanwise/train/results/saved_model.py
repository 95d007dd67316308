"""Write the trained model and its record."""

import platform
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise import __version__
from spanwise.calibration import CALIBRATION_FILE, Calibration, write_calibration
from spanwise.files.durable import sync_path
from spanwise.packages import package_versions
from spanwise.runtime.hub import quiet_loading
from spanwise.runtime.processor import processor_name
from spanwise.runtime.tokenizer import without_limits
from spanwise.train.loop.checkpoints import CheckpointFolder
from spanwise.train.results.run_folder import PASSAGES, RECORD, UNFINISHED, write_json

if TYPE_CHECKING:
    from spanwise.train.model import TrainableModel

STAGE = "being-written"
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


def publish(folder: Path, stage: Path, record: Mapping[str, Any]) -> None:
    """Move the finished files into the folder and write the record, which marks the training as finished."""
    for file in stage.iterdir():
        sync_path(file)
        file.replace(folder / file.name)
    stage.rmdir()
    write_json(folder / RECORD, record)
    clear(folder)


def clear(folder: Path) -> None:
    """Remove checkpoints, passages and the mark of an unfinished training."""
    CheckpointFolder(folder).remove()
    shutil.rmtree(folder / PASSAGES, ignore_errors=True)
    (folder / UNFINISHED).unlink(missing_ok=True)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide a training."""
    return {"python": platform.python_version(), "spanwise": __version__, **package_versions(MODULES)}


def hardware(device: str, processes: int) -> dict[str, Any]:
    """Return what a training ran on."""
    import torch

    name = torch.cuda.get_device_name() if device.startswith("cuda") else processor_name()
    return {"device": device, "name": name, "processes": processes, "threads": torch.get_num_threads()}
