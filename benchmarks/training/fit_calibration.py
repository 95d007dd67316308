"""
Fit the calibration of the packaged reader, on questions asked of whole corpora.

    python -m benchmarks.training.fit_calibration DATA.json[.gz] ... --cache DIR --out calibration.json
    python -m benchmarks.training.fit_calibration ... --documents QUESTIONS.json.gz CORPORA [--leave-out IDS.txt]

Each DATA file is in SQuAD format; https://rajpurkar.github.io/SQuAD-explorer has one. The paragraphs of all files make
one corpus, but for a third of each file: questions about those have no answer in it.

--documents takes questions whose titles are sources of documents, and a folder with the passages of each source,
SOURCE.jsonl.gz: {"file": "...", "start": 0 or null, "text": "..."} a line. Each source is a corpus of its own. A
question that its passage does not answer may be answered by another one; --leave-out names the ids of such questions,
one a line. The thresholds, and the measures that are written, are those of these questions alone: they are what
folders of documents are asked. Beside them only --others questions of each DATA file are asked.

Use data on which the reader was not trained. With five sets and sources or more, whole ones are left out of the fit to
measure it. What was found for a set stays in DIR, and is found anew when the questions, the models or the retrieval
change, or with --again, as after a change to how answers are merged. The fit itself is that of `spanwise calibrate`.
"""

import argparse
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.asking.paragraphs import write_paragraphs
from benchmarks.training.document_sources import read_sources, write_documents

import spanwise
from spanwise.answer.fitting import RatedAnswer, RatedQuestion
from spanwise.calibration import Calibration, write_calibration
from spanwise.cli.progress import step_progress
from spanwise.conditions import Conditions, reader_identity
from spanwise.evaluate.calibrating import Gathered, fit_gathered, gather_answers
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER
from spanwise.runtime.default_reader import DEFAULT_READER
from spanwise.squad.questions import QuestionSet, read_questions

Part = tuple[Path, Sequence[QuestionSet]]
SOURCES = "sources"  # the folder of the corpora of documents


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


def parts(arguments: argparse.Namespace) -> Iterator[Part]:
    """Write each corpus, and return its folder and the questions to ask of it."""
    chance = random.Random(arguments.seed)
    if arguments.files:
        folder = arguments.cache / "paragraphs"
        count = arguments.questions if arguments.documents is None else arguments.others
        yield folder, prepare(arguments.files, folder, count, arguments.seed)
    if arguments.documents is None:
        return
    left_out = set() if arguments.leave_out is None else set(arguments.leave_out.read_text("utf-8").split())
    file, corpora = arguments.documents
    for questions, passages in read_sources(file, corpora, left_out):
        chosen = chance.sample(questions.questions, min(arguments.questions, len(questions.questions)))
        if arguments.sources and questions.name not in arguments.sources.split(","):
            continue
        folder = arguments.cache / SOURCES / questions.name
        write_documents(passages, folder)
        yield folder, [QuestionSet(questions.name, tuple(chosen))]


def gathered(part: Part, arguments: argparse.Namespace, embedder: str) -> Iterator[Gathered]:
    """Ask a corpus its questions, but for those sets whose answers are there already."""
    folder, sets = part
    index = arguments.cache / "indexes" / Path(embedder).name / folder.name
    readers = {"reader": arguments.reader, "second_reader": arguments.second_reader}
    with spanwise.Corpus(index, embedder=embedder, **readers) as corpus, step_progress() as step:
        corpus.sync(folder)
        asked = json.dumps([asdict(corpus.conditions(20)), reader_identity(arguments.reader), corpus.index.count()])
        for questions in sets:
            key = hashlib.sha256(f"{asked} {questions}".encode()).hexdigest()[:16]
            file = arguments.cache / "gathered" / f"{questions.name}.{key}.json"
            if arguments.again or not file.is_file():
                found = gather_answers(corpus, questions, progress=step)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(asdict(found)), encoding="utf-8")
            yield from_fields(json.loads(file.read_text(encoding="utf-8")))


def from_fields(fields: dict[str, Any]) -> Gathered:
    """Return what `asdict` made fields of."""
    asked = tuple(
        RatedQuestion([RatedAnswer(**rated) for rated in entry["answers"]], entry["answerable"], entry["group"])
        for entry in fields["asked"]
    )
    alone = tuple((margin, right) for margin, right in fields["alone"])
    return Gathered(fields["name"], asked, alone, Conditions(**fields["conditions"]), fields["passages_in_corpus"])


def fitted(arguments: argparse.Namespace, embedder: str) -> Calibration:
    """Ask, fit and print."""
    found, passages, sources = [], 0, set[str]()
    for part in parts(arguments):
        asked = list(gathered(part, arguments, embedder))
        passages += asked[0].passages_in_corpus
        found.extend(asked)
        if part[0].parent.name == SOURCES:
            sources.update(one.name for one in asked)
    with spanwise.Corpus(arguments.cache / "none", reader=arguments.reader) as reader:
        fit = fit_gathered(found, reader.calibration, passages_in_corpus=passages, deciding=sources or None)
    calibration = fit.calibration
    if arguments.null_threshold is not None:
        calibration = replace(calibration, null_threshold=arguments.null_threshold)
    print(json.dumps({"embedder": embedder, "threshold": calibration.threshold, **fit.measures}, indent=2))
    return calibration


def main() -> None:
    """Fit with each embedder, and write: the others beside the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="DATA.json[.gz]")
    parser.add_argument("--documents", nargs=2, type=Path, metavar=("QUESTIONS", "CORPORA"))
    parser.add_argument("--sources", metavar="NAME,NAME", help="only these of the documents' sources")
    parser.add_argument("--leave-out", type=Path, metavar="IDS", help="ids of questions that are not asked")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where indexes and answers stay")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reader", default=DEFAULT_READER, metavar="MODEL")
    parser.add_argument("--second-reader", metavar="MODEL", help="one that reads the best passages again")
    parser.add_argument("--embedder", nargs="+", default=[DEFAULT_EMBEDDER], metavar="MODEL")
    parser.add_argument("--questions", type=int, default=130, help="asked of each file or source (default 130)")
    parser.add_argument("--others", type=int, default=16, help="asked of each DATA file beside documents (default 16)")
    parser.add_argument("--null-threshold", type=float, help="of the reader by itself, in logits; else it is fitted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="ask again what was asked before")
    arguments = parser.parse_args()
    first, *others = (fitted(arguments, embedder) for embedder in arguments.embedder)
    write_calibration(replace(first, others=tuple(others)), arguments.out)


if __name__ == "__main__":
    main()
