"""
Train readers on different data with different settings, and measure them: one row of READERS.md each.

    python -m benchmarks.training.sweep_readers DATA --work DIR [--runs plain mined ...] [--measure FILE ...]
        [--readers MODEL ...] [--set KEY=VALUE ...] [--device auto] [--out FILE.md]

    python -m benchmarks.training.sweep_readers DATA --work DIR --runs together-half together each-alone

DATA is what `default_reader_data DATA --out OUT --mined --cropped` made. Every run is the packaged recipe
`default` with what RUNS changes in it, which may bring in data of the second pass; --set changes all of them, as
`--set dtype=bfloat16` for a GPU. DIR holds a folder for each run: one that was interrupted goes on from its last
checkpoint, and one that is finished is only measured. All runs, and the readers of --readers, are measured on the
development parts of DATA, and on the files of --measure.

The second command compares the loss over all passages of a question with each passage on its own. Its runs are of the
recipe `documents`, so DATA has the folder docs of that recipe too; they are also measured by the best span of all
passages that are found for each question of docs_dev.
"""

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from benchmarks.harness import environment, markdown_table

from spanwise.evaluate.reader import evaluate_reader
from spanwise.evaluate.squad_metric import squad_metrics
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.squad.questions import read_questions
from spanwise.train import Recipe, load_recipe, train
from spanwise.train.passages.gather import gather_passages
from spanwise.train.training_job import load_training_job

SECOND = Path(__file__).parent / "recipes" / "packaged-second-pass.yaml"
MADE = (".mined",)  # unanswerable questions, by the ends of file names
RUNS: dict[str, dict[str, Any]] = {
    "plain": {"without": MADE},
    "mined": {},
    "cropped": {"without": MADE, "with": (".cropped",)},
    "without": {"without": MADE, "with": (".without",)},
    "three-epochs": {"epochs": 3.0},
    "unfrozen": {"freeze": []},
    "dropout": {"dropout": 0.1},
    "slower": {"learning_rate": 1e-4},
    "faster": {"learning_rate": 4e-4},
    "other-seed": {"seed": 7},
    # Passages that are found for each question: half of the loss over all of them together, all of it, and none.
    "together-half": {"recipe": "documents"},
    "together": {"recipe": "documents", "shared_normalization": 1.0},
    "each-alone": {"recipe": "documents", "shared_normalization": 0.0},
}
DEFAULT_RUNS = [name for name, changes in RUNS.items() if "recipe" not in changes]
DOCUMENTS, PASSAGES = "docs/docs_dev.json.gz", 10
TOGETHER = f"docs_dev, {PASSAGES} passages together"
MEASURES = ("f1", "HasAns_f1", "NoAns_exact", "best_f1", "best_exact")


def recipe_of(name: str, data: Path, changes: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a run; data that DATA has no file of is left out, and said so."""
    run = dict(RUNS[name])
    recipe = run.pop("recipe", "default")
    without, added = (tuple(f"{end}.json.gz" for end in run.pop(key, ())) for key in ("without", "with"))
    kept = [entry for entry in load_recipe(recipe).train if not entry.name.endswith(without)]
    kept += [entry for entry in load_recipe(SECOND).train if entry.name.endswith(added)]
    absent = [entry.name for entry in kept if not (data / entry.name).is_file()]
    if absent:
        print(f"{name}: without {', '.join(absent)}, not in {data}", file=sys.stderr)
    there = [entry for entry in kept if entry.name not in absent]
    measured = [entry for entry in load_recipe(recipe).eval if (data / entry.name).is_file()]
    return load_recipe(recipe, **{"train": there, "eval": measured, **run, **changes})


def measures_of(model: str, files: Sequence[Path], known_file: Path, device: str) -> dict[str, Mapping[str, Any]]:
    """Return the official measures of a reader on each file; those of earlier calls are kept in `known_file`."""
    known: dict[str, Any] = json.loads(known_file.read_text(encoding="utf-8")) if known_file.exists() else {}
    reader = SpanReader(ReaderSettings(model, device=device))
    for file in files:
        questions = read_questions(file)
        if questions.name not in known:
            known[questions.name] = evaluate_reader(reader, questions)
            known_file.write_text(json.dumps(known, indent=2), encoding="utf-8")
    return known


def read_together(model: str, data: Path, work: Path, device: str) -> dict[str, Any]:
    """Return the measures of the best span of all passages that are found for each question, and of its margin."""
    entry = {"file": DOCUMENTS, "corpus": "docs/corpora/{title}.jsonl.gz"}
    recipe = load_recipe("documents", train=[entry], eval=[], passages=PASSAGES)
    job = load_training_job(recipe, work / "unused", data=data, device=device, cache=work / "passages")
    (found,) = gather_passages(job)
    reader = SpanReader(ReaderSettings(model, device=device))
    golds, texts, na_scores = {}, {}, {}
    for question in job.sets[0].questions.questions:
        passages = [passage.text for passage in found[question.id]]
        spans = reader.read([(question.question, passage) for passage in passages], top_k=1)
        margin, text = max(
            (some[0].margin, passage[some[0].start : some[0].end])
            for some, passage in zip(spans, passages, strict=True)
            if some
        )
        golds[question.id], texts[question.id], na_scores[question.id] = question.golds, text, -margin
    swept = squad_metrics(golds, texts, na_scores, na_prob_threshold=math.inf)
    threshold = -reader.calibration.null_threshold
    given = {key: "" if na_scores[key] > threshold else text for key, text in texts.items()}
    return {**swept, **squad_metrics(golds, given)}


def training_of(record: Mapping[str, Any]) -> list[str]:
    """Return what a run was trained on, and for how long."""
    asked = sum(entry["questions"] * entry["weight"] for entry in record["data"])
    impossible = sum(entry["unanswerable"] * entry["weight"] for entry in record["data"])
    return [f"{asked:,.0f}", f"{impossible / asked:.0%}", f"{record['seconds'] / 60:.0f}"]


def rows_of(head: Sequence[str], measured: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return the rows of a reader, one a file."""
    return [
        [*head, data, *(f"{found[key]:.1f}" if key in found else "" for key in MEASURES)]
        for data, found in measured.items()
    ]


def _notify(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Train, measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR")
    parser.add_argument("--runs", nargs="*", choices=list(RUNS), default=DEFAULT_RUNS, metavar="NAME")
    parser.add_argument("--measure", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--readers", nargs="*", default=[], metavar="MODEL", help="measured beside them, as 'default'")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path, metavar="FILE.md")
    arguments = parser.parse_args()
    changes = {key: yaml.safe_load(value) for key, _, value in (one.partition("=") for one in arguments.settings)}
    files = [*sorted((arguments.data / "development").glob("*.json.gz")), *arguments.measure]
    arguments.work.mkdir(parents=True, exist_ok=True)
    rows: list[list[str]] = []
    compared = any("recipe" in RUNS[name] for name in arguments.runs)

    def measured(name: str, model: str, training: Sequence[str]) -> None:
        known = arguments.work / f"{name.replace('/', '-')}.measures.json"
        found = measures_of(model, files, known, arguments.device)
        if compared and (arguments.data / DOCUMENTS).is_file():
            found[TOGETHER] = read_together(model, arguments.data, arguments.work, arguments.device)
        rows.extend(rows_of([name, *training], found))
        table = markdown_table(["run", "questions", "unanswerable", "minutes", "measured on", *MEASURES], rows)
        page = f"# Readers\n\n{environment()}\n\n{table}"
        if arguments.out is not None:
            arguments.out.write_text(f"{page}\n", encoding="utf-8")
        print(page)

    for model in arguments.readers:
        measured(model, model, ["", "", ""])
    for name in arguments.runs:
        print(name, file=sys.stderr, flush=True)
        folder = arguments.work / name
        trained = train(
            recipe_of(name, arguments.data, changes),
            output=folder,
            data=arguments.data,
            cache=arguments.work / "passages",  # what is found for one run is found for all
            device=arguments.device,
            notify=_notify,
        )
        measured(name, str(folder), training_of(trained.record))


if __name__ == "__main__":
    main()
