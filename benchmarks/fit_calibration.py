"""
Fit the calibration of the packaged reader, on questions asked of a whole corpus.

    python benchmarks/fit_calibration.py DATA.json[.gz] ... --cache DIR --out calibration.json [--questions 400]

Each DATA file is in SQuAD format; https://rajpurkar.github.io/SQuAD-explorer has one. The paragraphs of all files make
the corpus, but for a third of each file: questions about those have no answer in it. Use data on which the reader was
not trained. The fit itself is that of `spanwise calibrate`.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from paragraphs import write_paragraphs

import spanwise
from spanwise.calibration import write_calibration
from spanwise.cli.progress import step_progress
from spanwise.evaluate.calibrating import calibrate
from spanwise.squad import QuestionSet, read_questions


def prepare(files: Sequence[Path], folder: Path, count: int, seed: int) -> list[QuestionSet]:
    """Write the paragraphs that stay, and return the questions; those about the others without answer and context."""
    chance = random.Random(seed)
    sets, kept = [], set[str]()
    for file in files:
        found = read_questions(file)
        contexts = sorted({question.context or "" for question in found.questions})
        gone = set(chance.sample(contexts, len(contexts) // 3))
        kept.update(set(contexts) - gone)
        chosen = chance.sample(found.questions, min(count, len(found.questions)))
        asked = [
            replace(question, answers=(), context=None) if question.context in gone else question for question in chosen
        ]
        sets.append(QuestionSet(found.name, tuple(asked)))
    write_paragraphs(kept, folder)
    return sets


def main() -> None:
    """Ask, fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="DATA.json[.gz]")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where the index stays")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=400, help="asked of each file (default 400)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = arguments.cache / "paragraphs"
    sets = prepare(arguments.files, folder, arguments.questions, arguments.seed)
    with spanwise.Corpus(arguments.cache / "index") as corpus, step_progress() as step:
        corpus.sync(folder)
        fit = calibrate(corpus, sets, progress=step)
    write_calibration(fit.calibration, arguments.out)
    print(fit.calibration)


if __name__ == "__main__":
    main()
