"""Sources of documents that come as passages, as folders of files and questions about each."""

import gzip
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from spanwise.squad.questions import QuestionSet, read_questions

MARKDOWN = (".md", ".markdown")


def read_sources(questions: Path, corpora: Path, left_out: Collection[str]) -> Iterator[tuple[QuestionSet, Path]]:
    """
    Return the questions about each source, and the file with its passages.

    :param questions: In SQuAD format; a title is the name of a source.
    :param corpora: A folder with SOURCE.jsonl.gz each: {"file", "start", "text"} a line.
    :param left_out: Ids of questions to pass over, such as those that another passage than their own answers.
    """
    by_source = defaultdict(list)
    for question in read_questions(questions).questions:
        if question.id not in left_out:
            by_source[question.title or ""].append(question)
    for source, found in sorted(by_source.items()):
        asked = tuple(replace(question, file=None) for question in found)
        yield QuestionSet(source, asked), corpora / f"{source}.jsonl.gz"


def write_documents(passages: Path, folder: Path) -> None:
    """
    Write the files that passages were taken from, as far as passages have them, and no others.

    :param passages: Lines of {"file", "start", "text"}; a passage whose start is null stands by itself at the end.
    :param folder: Markdown stays that, and the others are plain text.
    """
    by_file = defaultdict(list)
    with gzip.open(passages, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            by_file[entry["file"]].append(entry)
    wanted = {}
    for name, entries in by_file.items():
        path = folder / (name if name.lower().endswith(MARKDOWN) else f"{name}.txt")
        wanted[path] = _joined(entries)
    for path in [path for path in folder.rglob("*") if path.is_file() and path not in wanted]:
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def _joined(passages: Sequence[Mapping[str, Any]]) -> str:
    """Return a file's text: what passages share once, and an empty line where some of it is missing."""
    text, end = "", 0
    for entry in sorted((entry for entry in passages if entry["start"] is not None), key=lambda entry: entry["start"]):
        shared = end - entry["start"]
        if shared < 0:
            text += "\n\n"
        text += entry["text"][max(0, shared) :]
        end = max(end, entry["start"] + len(entry["text"]))
    alone = [entry["text"] for entry in passages if entry["start"] is None]
    return "\n\n".join([text, *alone] if text else alone)
