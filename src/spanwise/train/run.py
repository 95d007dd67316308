"""Train a reader as a recipe says, from its data to a folder that a reader is loaded from."""

import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import UsageError
from spanwise.train import output
from spanwise.train.alone import alone_in
from spanwise.train.arguments import processes
from spanwise.train.folder import open_folder, read_record
from spanwise.train.job import Job, Say, make_job, say_nothing
from spanwise.train.method import FineTuning, Method
from spanwise.train.plot import PLOT, draw_loss
from spanwise.train.progress import ReportTraining
from spanwise.train.recipe import Recipe
from spanwise.train.recipe_file import load_recipe

if TYPE_CHECKING:
    from accelerate import PartialState

    from spanwise.train.fit import Fitted
    from spanwise.train.model import Trainee
    from spanwise.train.prepare import Prepared
    from spanwise.train.scoring import Scorer


@dataclass(frozen=True, slots=True)
class Trained:
    """
    What a training made.

    :param folder: Of the model.
    :param metrics: SQuAD's measures of each evaluation file, by its name.
    :param record: What `training.json` says.
    :param already: Whether the folder held this very training, finished, and nothing was done.
    """

    folder: Path
    metrics: Mapping[str, Mapping[str, Any]]
    record: Mapping[str, Any]
    already: bool = False


def train(
    recipe: Recipe | str | Path,
    *,
    output: Path | str,
    data: Path | str | None = None,
    device: str = "auto",
    token: str | None = None,
    progress: ReportTraining | None = None,
    say: Say | None = None,
    cache: Path | str | None = None,
) -> Trained:
    """
    Fine-tune an encoder, or a reader, to find answers.

    A training that was interrupted goes on from its last checkpoint when it is started again with the same settings,
    and comes to the same weights as one that was not.

    ```python
    from spanwise.train import load_recipe, train

    recipe = load_recipe("electra-small-squad2", train=["squad.json"], eval=["dev.json"])
    print(train(recipe, output="my-reader").metrics["dev"]["f1"])
    ```

    :param recipe: What to train on what, and how; the name of a packaged recipe, or a recipe's file.
    :param output: The folder to write into, which is made.
    :param data: The folder of the recipe's files; None for the current directory.
    :param device: "auto", "cpu", "cuda" or "mps".
    :param token: Hub token for private models, or None.
    :param progress: Called now and then with how far it is.
    :param say: Called with what a person should know, such as that an interrupted training goes on.
    :param cache: A folder for what is found in corpora, which other trainings share; None for one that is removed.
    :raises UsageError: If the recipe or its data cannot be meant, or the folder holds something else.
    :raises ModelError: If the model cannot be loaded, or its loss is not a finite number.
    :raises CheckpointError: If the disk refuses a checkpoint.
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    if recipe.distill is not None:
        msg = f"expected a recipe without a teacher to train {recipe.model!r}, found one; run it with spanwise distill"
        raise UsageError(msg)
    return run(make_job(recipe, output, data, device, token, progress, say, cache))


def run(job: Job, method: Method | None = None) -> Trained:
    """Run a training by a method, `FineTuning` by default; see `train`."""
    from accelerate import PartialState

    method = FineTuning() if method is None else method
    state, settings = PartialState(cpu=job.device == "cpu"), {**job.settings(), **method.settings()}
    if not state.is_main_process:
        job = replace(job, report=say_nothing, say=say_nothing)
    with state.main_process_first():
        record = open_folder(job.output, settings)
    if record is not None:
        if state.is_main_process:
            output.clear(job.output)  # which a kill may have left
        job.say(f"{job.output} holds this training, finished; nothing is left to do")
        return Trained(job.output, record["metrics"], record, already=True)
    with alone_in(job.output) if state.is_main_process else nullcontext():
        return _run(job, method, settings, state)


def _run(job: Job, method: Method, settings: Mapping[str, Any], state: "PartialState") -> Trained:
    from transformers import set_seed

    from spanwise.train.fit import fit
    from spanwise.train.model import load_trainee
    from spanwise.train.prepare import prepare
    from spanwise.train.scoring import Scorer

    began = time.monotonic()
    set_seed(job.recipe.seed)
    trainee = load_trainee(job.recipe, token=job.token)
    found = None
    if job.has_corpora:
        from spanwise.train.passages.gather import gather

        with state.main_process_first():
            found = gather(job)
        set_seed(job.recipe.seed)
    prepared = prepare(job.recipe, trainee, job.sets, found)
    sets = [loaded.questions for loaded in job.evaluated]
    scorer = None
    if sets:
        scorer = Scorer(job.recipe, trainee, sets, null_answer=prepared.null_answer)
        scorer.check()
    with method.trainer(job, trainee, prepared) as make:
        fitted = fit(job, trainee, prepared, scorer, make)
    if state.is_main_process:
        _finish(job, settings, method, trainee, prepared, scorer, fitted, time.monotonic() - began)
    state.wait_for_everyone()
    record = read_record(job.output)
    return Trained(job.output, record["metrics"], record)


def _finish(
    job: Job,
    settings: Mapping[str, Any],
    method: Method,
    trainee: "Trainee",
    prepared: "Prepared",
    scorer: "Scorer | None",
    fitted: "Fitted",
    seconds: float,
) -> None:
    """Write the model, measure what was written, and record it all."""
    from spanwise.train.card import write_card

    stage = output.stage_model(job.output, trainee, save_dtype=job.recipe.save_dtype, null_answer=prepared.null_answer)
    metrics: dict[str, Mapping[str, Any]] = {}
    if scorer is not None:
        metrics = scorer.written(stage, job.device, fitted.counting("measuring", scorer.questions(limited=False)))
    record = {
        "spanwise": output.versions()["spanwise"],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": job.recipe.model,
        **method.record(),
        "settings": settings,
        "data": prepared.data,
        "evaluated": [loaded.describe() for loaded in job.evaluated],
        "null_answer": prepared.null_answer,
        "windows": len(prepared.features),
        "steps": fitted.steps,
        "kept_step": fitted.kept,
        "stopped_early": fitted.stopped_early,
        "seconds": round(seconds, 1),
        "hardware": output.hardware(job.device, processes()),
        "versions": output.versions(),
        "history": fitted.history,
        "metrics": metrics,
    }
    plot = PLOT if draw_loss(fitted.history, stage / PLOT) else None
    if plot is None:
        job.say("no plot of the loss: that takes matplotlib; pip install 'spanwise[train]'")
    write_card(stage, job.output.resolve().name, record, plot=plot)
    output.publish(job.output, stage, record)
