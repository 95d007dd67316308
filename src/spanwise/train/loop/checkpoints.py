"""Write checkpoints so that each is whole or not there at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.errors import SpanwiseError
from spanwise.files.durable import sync_path

if TYPE_CHECKING:
    from transformers import TrainerState

CHECKPOINTS = "checkpoints"
STAGE = "being-written"
STATE = "trainer_state.json"


class CheckpointError(SpanwiseError):
    """A checkpoint could not be written; those before it are as they were."""


class CheckpointFolder:
    """
    The checkpoints of one training, named by the updates before them.

    A checkpoint is written into a folder aside, made durable, and then renamed: whatever has its name is whole.

    :param output: The training's folder.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output / CHECKPOINTS
        self.stage = self.folder / STAGE

    def steps(self) -> list[int]:
        """Return the steps of the whole checkpoints, first to last."""
        names = (entry.name.partition("-") for entry in self.folder.glob("checkpoint-*"))
        return sorted(int(number) for _, _, number in names if number.isdigit())

    def at(self, step: int) -> Path:
        """Return the folder of a step's checkpoint."""
        return self.folder / f"checkpoint-{step}"

    def last_state(self) -> "TrainerState | None":
        """Return the Trainer's state as the last whole checkpoint holds it; None if there is none."""
        from transformers import TrainerState

        steps = self.steps()
        return TrainerState.load_from_json(str(self.at(steps[-1]) / STATE)) if steps else None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """
        Turn write errors of a block into CheckpointError; PyTorch raises RuntimeError if a disk is full.

        :raises CheckpointError: If the disk refuses; what was written aside is removed.
        """
        from safetensors import SafetensorError

        try:
            yield
        except (OSError, RuntimeError, SafetensorError) as error:
            self.discard_stage()
            steps = self.steps()
            last = f"the last whole one is of step {steps[-1]}" if steps else "there is none yet"
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
            msg = (
                f"expected room for a checkpoint in {self.folder}, found {reason!r}; {last}; make room and run the "
                "same command again"
            )
            raise CheckpointError(msg) from error

    def commit(self, step: int) -> None:
        """
        Make what stands in `stage` the checkpoint of a step; its files are synced first.

        :raises CheckpointError: If the disk refuses.
        """
        staged = self.stage / f"checkpoint-{step}"
        with self.writing():
            for file in (*staged.rglob("*"), staged):
                sync_path(file)
            shutil.rmtree(self.at(step), ignore_errors=True)
            staged.rename(self.at(step))
            sync_path(self.folder)
        self.discard_stage()

    def keep_only(self, steps: set[int]) -> None:
        """Remove every other checkpoint; each loses its name first."""
        for step in self.steps():
            if step not in steps:
                self.stage.mkdir(exist_ok=True)
                removed = self.stage / f"removed-{step}"
                with suppress(OSError):
                    self.at(step).rename(removed)
        self.discard_stage()

    def discard_stage(self) -> None:
        """Remove what a kill or an error left unfinished."""
        shutil.rmtree(self.stage, ignore_errors=True)
