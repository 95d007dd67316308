"""The loss of a training, drawn."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PLOT = "loss.png"
BLUE, ORANGE = "#2a6fbb", "#d97b1c"


def draw_loss(history: Sequence[Mapping[str, Any]], file: Path) -> bool:
    """
    Draw the loss, and the F1 of evaluations, over the updates.

    :param history: Of `training.json`.
    :param file: A PNG.
    :returns: False where matplotlib is not installed, and nothing was drawn.
    """
    if find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    losses = [(entry["step"], entry["loss"]) for entry in history if "loss" in entry]
    axes.plot(*zip(*losses, strict=True), color=BLUE, linewidth=1.2)
    axes.set(xlabel="update", ylabel="loss")
    axes.grid(alpha=0.2)
    axes.set_ylim(bottom=0)
    scores = [(entry["step"], entry["eval_f1"]) for entry in history if "eval_f1" in entry]
    if scores:
        right = axes.twinx()
        right.plot(*zip(*scores, strict=True), color=ORANGE, marker="o", markersize=3, linewidth=1.2)
        right.set_ylabel("F1, percent", color=ORANGE)
        right.set_ylim(0, 100)
    figure.savefig(file)
    return True
