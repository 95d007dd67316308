"""Open and lock the folder of a training, and refuse one that holds something else."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from spanwise.errors import UsageError
from spanwise.files.durable import write_durably
from spanwise.files.json_object import read_json_object
from spanwise.train.loop.checkpoints import CheckpointFolder
from spanwise.train.recipe import current_keys

RECORD = "training.json"
UNFINISHED = "unfinished.json"
LOCK = "training.lock"
PASSAGES = "passages"
"""What is found in corpora, until the training is finished."""
TEACHER_LOGITS = "teacher-logits"
"""Those of a distillation's windows, until it is finished."""


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
    held = "no folder" if folder.exists() and not folder.is_dir() else _first_unknown_file(folder)
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


def _first_unknown_file(folder: Path) -> str | None:
    """Return the first file that a training did not leave in the folder; None if there is none."""
    names = sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []
    return next((name for name in names if name != f"{UNFINISHED}.tmp"), None)


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
