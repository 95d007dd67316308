"""
Kill a training with SIGKILL at many of its moments, go on with it, and print the digest of the weights it comes to.

    python tests/support/killed_training.py RECIPE.json FOLDER POINT...

Forks a child for every run, so that the libraries are imported once. A POINT is NAME:COUNT, a moment of that name for
the given time, such as "within save:3", or a moment's number, from 1; 0 kills nothing. Prints a line of JSON a point:
how the first child ended, how the one after it, all moments that the first reached, and the digest.

    python tests/support/killed_training.py RECIPE.json FOLDER together

trains in two processes at once, and prints what one line of them is.
"""

import hashlib
import json
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

import accelerate
import torch
import transformers
from safetensors.torch import save_file

from spanwise.train import results
from spanwise.train.distillation.distill import distill
from spanwise.train.loop import checkpoints, qa_trainer
from spanwise.train.recipe_file import make_recipe
from spanwise.train.training import train

assert accelerate, save_file


class Moments:
    """Counts what a training does to the disk and to its weights, and dies at one of them."""

    def __init__(self, fatal, log):
        self.fatal = fatal
        self.log = log
        self.passed = []

    def reached(self, name, file=None):
        self.passed.append(name)
        self.log.write(f"{name}\n")
        self.log.flush()
        if self.fatal in {str(len(self.passed)), f"{name}:{self.passed.count(name)}"}:
            if file is not None:  # as it looks when the writing of it was not done
                os.truncate(file, os.path.getsize(file) // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, owner, name, *, torn=None):
        original = getattr(owner, name)

        def watched(*arguments, **keywords):
            self.reached(f"before {name}")
            result = original(*arguments, **keywords)
            if torn is not None:
                self.reached(f"within {name}", torn(*arguments))
            return result

        setattr(owner, name, watched)


def start(recipe, place):
    """Train, or distill, as the recipe says."""
    if recipe["distill"] is None:
        return train(make_recipe(recipe), output=place, device="cpu")
    return distill(make_recipe(recipe), output=place, device="cpu")


def run_child(recipe, place, fatal):
    """Train in a child; returns whether it was killed, and the moments that it reached."""
    log = place.parent / f"{place.name}.log"
    child = os.fork()
    if child == 0:
        torch.set_num_threads(1)
        with log.open("w") as stream:
            moments = Moments(fatal, stream)
            moments.watch(qa_trainer.CheckpointFlow, "on_step_end")
            moments.watch(torch, "save", torn=lambda _, file: file)
            moments.watch(
                transformers.PreTrainedModel, "save_pretrained", torn=lambda _, made: Path(made) / "model.safetensors"
            )
            moments.watch(shutil, "rmtree")
            moments.watch(checkpoints, "sync_path")
            moments.watch(Path, "rename")
            moments.watch(Path, "replace")
            moments.watch(results.json, "dump")
            start(recipe, place)
        os._exit(9 if "haystack" in sys.modules else 0)
    status = os.waitpid(child, 0)[1]
    ended = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
    return ended, log.read_text().splitlines()


def train_together(recipe, place):
    """Train in two processes that share every batch."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    children = []
    for rank in range(2):
        child = os.fork()
        if child == 0:
            torch.set_num_threads(1)
            names = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            os.environ.update({name: str(value) for name, value in names.items()})
            trained = start(recipe, place)
            os._exit(0 if trained.metrics else 3)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def main():
    recipe = json.loads(Path(sys.argv[1]).read_text())
    place = Path(sys.argv[2]) / "trained"
    for point in sys.argv[3:]:
        if point == "together":
            line = {"ended": train_together(recipe, place)}
        else:
            ended, passed = run_child(recipe, place, point)
            again = ended if point == "0" else run_child(recipe, place, "0")[0]
            line = {"point": point, "ended": ended, "again": again, "passed": passed}
        record = json.loads((place / "training.json").read_text())
        line["weights"] = hashlib.sha256((place / "model.safetensors").read_bytes()).hexdigest()
        line["left"] = sorted(entry.name for entry in place.iterdir())
        sys.stdout.write(json.dumps({**line, "steps": record["steps"], "history": record["history"]}) + "\n")
        sys.stdout.flush()
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
