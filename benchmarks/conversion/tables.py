"""
Ask 30 questions on tables in HTML, Word, Excel, CSV and PDF, by what two versions of the conversion make of them.

    PYTHONPATH=EARLIER/src:. python -m benchmarks.conversion.tables WORK --name "before: rows as lines"
    python -m benchmarks.conversion.tables WORK --name "now: each cell behind its header" --out FILE.md

The documents are those of benchmarks/tables/documents, all of which are indexed; the questions are those of their part
`measure`, that no reader was trained on: six for each format, of as many documents as there are, each answered by a
cell. EARLIER is a checkout of another version (`git worktree add`); the first command imports that one's spanwise with
these files and questions. WORK holds the files, the indexes and each side's answers; the table shows all sides.
"""

import argparse
import json
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from benchmarks.harness import environment, markdown_table, publish
from benchmarks.tables.files import write_file
from benchmarks.tables.source import Document, Question, load_documents

FORMATS = ("html", "docx", "xlsx", "csv", "pdf")
FOR_EACH = 6
ANSWERS = 5


def choose(documents: Sequence[Document], kind: str) -> list[tuple[Document, Question]]:
    """Return the questions on a format: the first of each document, then the second of each."""
    found = [
        [
            (document, question)
            for question in document.questions
            if question.answer and _is_of_table(document, question)
        ]
        for document in documents
        if (document.format, document.part) == (kind, "measure")
    ]
    return [one for turn in zip_longest(*found) for one in turn if one is not None][:FOR_EACH]


def _is_of_table(document: Document, question: Question) -> bool:
    target = document.find(question)
    return bool(target.unit.labels) and not target.in_label


def ask(work: Path, documents: Sequence[Document], name: str) -> None:
    """Index the documents by the spanwise that is imported, and write down what it answers."""
    from spanwise import Corpus

    files = work / "files"
    if not files.exists():
        files.mkdir(parents=True)
        for document in documents:
            write_file(document, files)
    answers: list[dict[str, Any]] = []
    with Corpus(work / f"{_plain(name)}.index") as corpus:
        corpus.sync(files)
        for kind in FORMATS:
            for document, question in choose(documents, kind):
                result = corpus.ask(question.question)
                shown = [[one.answer, one.file] for one in result.answers[:ANSWERS]]
                answers.append(
                    {"format": kind, "question": question.question, "expected": question.answer,
                     "file": f"{document.name}.{kind}", "abstained": result.abstained, "answers": shown}
                )  # fmt: skip
    (work / f"{_plain(name)}.json").write_text(json.dumps({"name": name, "answers": answers}, indent=1), "utf-8")


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)


def is_right(one: dict[str, Any], *, first: int = 1) -> bool:
    """Return whether one of the first answers is the expected one, from its own file."""
    return any(file == one["file"] and _same(answer, one["expected"]) for answer, file in one["answers"][:first])


def _same(answer: str, expected: str) -> bool:
    return " ".join(answer.split()).casefold() == " ".join(expected.split()).casefold()


def tables(sides: dict[str, list[dict[str, Any]]]) -> str:
    """Return how many questions each side answers rightly, by format, and what its first answers are."""
    head = [f"{name}: {count}" for name in sides for count in ("first", f"first {ANSWERS}")]
    counted = []
    for kind in (*FORMATS, "all"):
        chosen = [[one for one in asked if kind in (one["format"], "all")] for asked in sides.values()]
        right = [sum(is_right(one, first=first) for one in some) for some in chosen for first in (1, ANSWERS)]
        counted.append([kind, str(len(chosen[0])), *map(str, right)])
    listed = []
    for asked in zip(*sides.values(), strict=True):
        first = [
            f"{one['answers'][0][0] if one['answers'] else ''}{'' if is_right(one) else ' (wrong)'}" for one in asked
        ]
        listed.append([f"{asked[0]['question']} ({asked[0]['format']})", asked[0]["expected"], *first])
    shown = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in listed]
    return "\n\n".join(
        [markdown_table(["", "questions", *head], counted), markdown_table(["question", "expected", *sides], shown)]
    )


def main() -> None:
    """Ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--name", required=True, help="what this side is called in the table")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    ask(options.work, load_documents(), options.name)
    sides = {side["name"]: side["answers"] for side in map(_read, sorted(options.work.glob("*.json")))}
    publish("\n\n".join(["# Questions on tables, right answers", environment(), tables(sides)]), options.out)


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


if __name__ == "__main__":
    main()
