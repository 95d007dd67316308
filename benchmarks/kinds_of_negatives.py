"""
Measure what each kind of unanswerable question brings a reader that has seen none that were made.

    python benchmarks/sweep_readers.py DATA --work START --runs plain --set max_steps=400
    python benchmarks/kinds_of_negatives.py DATA --start START/plain --work DIR [--steps 100] [--share 0.2]
        [--runs plain mined ...] [--device auto] [--out FILE.md]

DATA is what `benchmarks/default_reader_data.py DATA --out OUT --mined --swapped --cropped` made. Every run trains the
reader of --start for as many updates again, with the settings of the packaged recipe `default`: "plain" and "plain
again", which has another seed and shows what chance does, on the data that the start was made of, the others with so
much of one kind beside it that it is --share of all questions. DIR holds a folder for each run: one that was
interrupted goes on from its last checkpoint, and one that is finished is only measured.

All are measured on the development parts: by SQuAD's official metric on questions that people wrote, and by how well
the margin tells the answerable ones of SQuAD 2.0 from its unanswerable ones and from those of each kind, made of the
development parts (AUROC: 0.5 is chance, 1 is every one). Those need no threshold, which every kind moves. How many
answerable questions with a negation are left unanswered, and how many others, shows whether a reader only looks for it.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import cropping
import numpy as np
from harness import environment, markdown_table
from sweep_readers import RECIPE, recipe_of

from spanwise.evaluate.calibration_measures import auroc
from spanwise.evaluate.reader import read_contexts
from spanwise.evaluate.squad_metric import squad_metrics
from spanwise.read.reader import SpanReader
from spanwise.squad import Question, read_questions
from spanwise.train import DataEntry, load_recipe, train
from spanwise.train.data import mine, swap
from spanwise.train.data.output import as_articles, write_squad
from spanwise.train.data.squad_file import read_squad
from spanwise.train.data.swapping import KINDS

MADE_OF = ("squad1_train_part", "squad1_dev_13_articles", "squad2_dev_16_articles", "squadshifts_new_wiki")
MADE = ("mined", *KINDS, "without")
RUNS = ("plain", "plain again", *MADE)
HUMAN, WIKI = "squad2_dev_16_articles", "squadshifts_new_wiki"
SHOWN = {HUMAN: ("f1", "HasAns_f1", "NoAns_exact", "best_f1"), WIKI: ("best_f1",)}
PEOPLE = "by people"
LEFT = "answerable left unanswered, %:"
AGAIN = 7  # the seed of "plain again"
OF_A_KIND = 200  # held-out questions of each kind
NEGATION = re.compile(r"\b(?:not|never)\b|n['\u2019]t\b", re.IGNORECASE)

Measured = dict[str, float]


def questions_of(data: Path, entries: Sequence[DataEntry]) -> float:
    """Return how many questions of these an epoch has."""
    return sum(entry.weight * len(read_questions(data / entry.name).questions) for entry in entries)


def with_kind(data: Path, entries: Sequence[DataEntry], kind: str, share: float) -> list[DataEntry]:
    """Return data in which a kind of made questions is this share of all."""
    files = [f"train/{name}.{kind}.json.gz" for name in MADE_OF]
    added = [DataEntry(file=file) for file in files if (data / file).is_file()]
    if not added:
        sys.exit(f"expected {kind} questions in {data / 'train'}, found none; make the data with all options")
    weight = questions_of(data, entries) * share / (1 - share) / questions_of(data, added)
    return [*entries, *(DataEntry(file=entry.file, weight=weight) for entry in added)]


def development_parts(data: Path) -> list[Path]:
    """Return the files that questions are held out of."""
    files = [data / "development" / f"{name}.json.gz" for name in MADE_OF]
    return [file for file in files if file.is_file()]


def hold_out(data: Path, folder: Path) -> dict[str, list[Question]]:
    """Make questions of every kind of the development parts, and return some of each."""
    files = development_parts(data)
    folder.mkdir(parents=True, exist_ok=True)
    held_out = {}
    for kind in MADE:
        path = folder / f"{kind}.json.gz"
        if path.is_file():
            print(f"held-out {kind} questions are there", file=sys.stderr)
        elif kind == "mined":
            mine(files, path)
        elif kind == "without":
            paragraphs = (paragraph for file in files for paragraph in read_squad(file).paragraphs())
            write_squad(path, as_articles(cropping.without_answer(paragraphs, seed=1)))
        else:
            swap(files, path, kinds=[one for one in KINDS if one == kind])
        questions = list(read_questions(path).questions)
        held_out[kind] = random.Random(1).sample(questions, min(OF_A_KIND, len(questions)))
    return held_out


def measure(model: str, data: Path, held_out: dict[str, list[Question]], device: str) -> Measured:
    """Return the measures of a reader, by the name of their column."""
    reader = SpanReader(model, device=device)
    measured: Measured = {}
    for name, keys in SHOWN.items():
        questions = read_questions(data / "development" / f"{name}.json.gz").questions
        reads = read_contexts(reader, questions)
        texts = {question.id: read.text for question, read in zip(questions, reads, strict=True)}
        scores = {question.id: read.na_score for question, read in zip(questions, reads, strict=True)}
        golds = {question.id: question.golds for question in questions}
        metrics = squad_metrics(golds, texts, scores, na_prob_threshold=0.0)
        measured |= {f"{name}: {key}": metrics[key] for key in keys}
        if name == HUMAN:
            answered = [scores[question.id] for question in questions if question.answerable]
            left = {PEOPLE: [scores[question.id] for question in questions if not question.answerable]}
    left |= {kind: [read.na_score for read in read_contexts(reader, some)] for kind, some in held_out.items()}
    for kind, of_kind in left.items():
        both = np.array([*answered, *of_kind])
        found = auroc(both, np.arange(len(both)) >= len(answered))
        measured[f"AUROC {kind}"] = float("nan") if found is None else found
    return measured | left_unanswered(reader, data)


def left_unanswered(reader: SpanReader, data: Path) -> Measured:
    """Return how many answerable questions, in percent, a reader leaves unanswered, with a negation and without."""
    asked = [one for file in development_parts(data) for one in read_questions(file).questions if one.answerable]
    denying = [one for one in asked if NEGATION.search(one.question)]
    others = [one for one in asked if not NEGATION.search(one.question)]
    measured: Measured = {}
    for name, some in (("with", denying), ("without", random.Random(1).sample(others, min(OF_A_KIND, len(others))))):
        left = [read.na_score > 0 for read in read_contexts(reader, some)]
        measured[f"{LEFT} {name} a negation ({len(some)})"] = 100 * sum(left) / len(left)
    return measured


def table_of(rows: dict[str, Measured], held_out: dict[str, list[Question]]) -> str:
    """Return the tables: people's questions, the kinds apart, and answerable questions left unanswered."""
    scores = [f"{name}: {key}" for name, keys in SHOWN.items() for key in keys]
    kinds = [f"AUROC {PEOPLE}", *(f"AUROC {kind}" for kind in held_out)]
    first = [[run, *(f"{found[key]:.1f}" for key in scores)] for run, found in rows.items()]
    second = [[run, *(f"{found[key]:.3f}" for key in kinds)] for run, found in rows.items()]
    left = [key for key in next(iter(rows.values())) if key.startswith(LEFT)]
    third = [[run, *(f"{found[key]:.0f}" for key in left)] for run, found in rows.items()]
    counts = ", ".join(f"{kind} {len(some)}" for kind, some in held_out.items())
    return "\n\n".join([
        markdown_table(["run", *scores], first),
        f"Held-out questions of each kind: {counts}.",
        markdown_table(["run", *kinds], second),
        markdown_table(["run", *left], third),
    ])  # fmt: skip


def main() -> None:
    """Train, measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--start", required=True, metavar="MODEL", help="a reader trained on no made questions")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR")
    parser.add_argument("--steps", type=int, default=100, help="updates of a run (default 100)")
    parser.add_argument("--share", type=float, default=0.2, help="of all questions, of the one kind (default 0.2)")
    parser.add_argument("--runs", nargs="*", choices=RUNS, default=list(RUNS), metavar="NAME")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path, metavar="FILE.md")
    arguments = parser.parse_args()
    held_out = hold_out(arguments.data, arguments.work / "heldout")
    plain = recipe_of("plain", arguments.data, {})["train"]
    rows: dict[str, Measured] = {}

    def report(run: str, model: str) -> None:
        known = arguments.work / f"{run}.measures.json"
        if not known.is_file():
            known.write_text(json.dumps(measure(model, arguments.data, held_out, arguments.device)), encoding="utf-8")
        rows[run] = json.loads(known.read_text(encoding="utf-8"))
        title = "# What each kind of unanswerable question brings"
        settings = f"{arguments.steps} updates a run; {arguments.share:.0%} of the questions are of the one kind."
        page = f"{title}\n\n{environment()}\n\n{settings}\n\n{table_of(rows, held_out)}\n"
        if arguments.out is not None:
            arguments.out.write_text(page, encoding="utf-8")
        print(page, flush=True)

    report("start", arguments.start)
    for run in arguments.runs:
        print(run, file=sys.stderr, flush=True)
        recipe = load_recipe(
            RECIPE,
            model=arguments.start,
            train=with_kind(arguments.data, plain, run, arguments.share) if run in MADE else plain,
            eval=[],
            max_steps=arguments.steps,
            evaluate_every=None,
            **({"seed": AGAIN} if run == "plain again" else {}),
        )
        folder = arguments.work / run
        train(recipe, output=folder, data=arguments.data, device=arguments.device, say=print)
        report(run, str(folder))


if __name__ == "__main__":
    main()
