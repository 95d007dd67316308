"""Load the questions that a recipe names, from files or from data sets of the hub."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spanwise.errors import UsageError
from spanwise.files.digest import file_sha256
from spanwise.squad.questions import Misplaced, Question, QuestionSet, question_of, read_questions
from spanwise.squad.squad_file import entry_of, text_of
from spanwise.text.pluralize import pluralize
from spanwise.train.passages.corpora import TrainingCorpus, digest_of
from spanwise.train.recipe import DataEntry


@dataclass(frozen=True, slots=True)
class LoadedData:
    """
    Questions with the digest and size of their file, and the corpora of their passages.

    :param sha256: Hex digest of the file's bytes, or of all the fields of a hub data set.
    :param size: In bytes; of a hub data set, as JSON.
    :param corpora: For each title the corpus of its questions; None if each is asked of its own context alone.
    """

    entry: DataEntry
    questions: QuestionSet
    sha256: str
    size: int
    corpora: Mapping[str, TrainingCorpus] | None = None

    def describe(self) -> dict[str, Any]:
        """Return what a training's record says of it; the file by its name alone."""
        asked = self.questions.questions
        return {
            "name": self.entry.name if self.entry.file is None else Path(self.entry.file).name,
            "weight": self.entry.weight,
            "questions": len(asked),
            "unanswerable": sum(not question.answerable for question in asked),
            "sha256": self.sha256,
            "bytes": self.size,
            **({} if self.corpora is None else _described(self.corpora)),
        }

    def drawn(self, seed: int) -> list[tuple[Question, int]]:
        """Return the questions that a training sees, and how often in an epoch."""
        often = repetitions(self.entry.weight, seed)
        return [(question, times) for question, times in zip(self.questions.questions, often, strict=False) if times]

    def settings(self) -> dict[str, Any]:
        """Return what decides the weights that come out; data by its content and not by its place."""
        corpus = None if self.corpora is None else digest_of(self.corpora.values())
        settings = {"sha256": self.sha256, "weight": self.entry.weight}
        return settings if corpus is None else {**settings, "corpus": corpus}


def repetitions(weight: float, seed: int) -> Iterator[int]:
    """
    Yield without end how often each question comes.

    :param weight: The whole part is how often every question comes; the rest is the share that comes once more.
    :param seed: Decides which ones those are.
    """
    random = np.random.default_rng(seed)
    whole = int(weight)
    while True:
        yield whole + int(random.random() < weight - whole)


def load_data(entry: DataEntry, folder: Path | None = None) -> LoadedData:
    """
    Read questions with their contexts.

    :param folder: Where files are whose names are not absolute; None for the current directory.
    :raises UsageError: If they cannot be read, or a question has no context.
    """
    if entry.hub is not None:
        return _from_hub(entry, entry.hub)
    file = Path("" if folder is None else folder, os.path.expanduser(entry.name))
    questions = read_questions(file)
    bare = next((question.id for question in questions.questions if question.context is None), None)
    if bare is not None:
        msg = f"expected questions with contexts in {file}, as SQuAD's files have, found {bare!r} with none"
        raise UsageError(msg)
    return LoadedData(entry, questions, file_sha256(file), file.stat().st_size)


def _described(corpora: Mapping[str, TrainingCorpus]) -> dict[str, Any]:
    different = {corpus.sha256: corpus for corpus in corpora.values()}.values()
    return {"corpora": len(different), "corpora_passages": sum(len(corpus.texts) for corpus in different)}


def require_placed(data: LoadedData) -> None:
    """
    Refuse data with an answer that does not stand at its offset.

    :raises UsageError: If one does not.
    """
    wrong = data.questions.misplaced
    if wrong:
        first, name = wrong[0], data.entry.name
        msg = (
            f"expected every answer at its offset in {name}, found {pluralize(len(wrong), 'answer')} elsewhere, "
            f"the first {first.answer!r:.60} of {first.question_id!r} where {first.found!r:.60} stands; "
            f"see them with spanwise data check {name}, or leave them out with --drop-misplaced"
        )
        raise UsageError(msg)


def _from_hub(entry: DataEntry, name: str) -> LoadedData:
    try:
        from datasets import load_dataset
    except ImportError as error:
        msg = f"expected the package datasets for the data set {name!r}, found none; pip install 'spanwise[train]'"
        raise UsageError(msg) from error
    try:
        rows = load_dataset(name, split=entry.split)
    except Exception as error:  # whatever the hub's client raises: names, network, formats
        reason = str(error).strip().partition("\n")[0]
        msg = (
            f"expected the data set {name!r}, split {entry.split!r}, of the hub, found none ({reason}); "
            "name a file with --train or --eval"
        )
        raise UsageError(msg) from error
    questions: list[Question] = []
    wrong: list[Misplaced] = []
    digest, size = hashlib.sha256(), 0
    for row in rows:
        line = json.dumps(row, sort_keys=True, default=str).encode()
        digest.update(line)
        size += len(line)
        question, misplaced = _question(row, name)
        questions.append(question)
        wrong.extend(misplaced)
    found = QuestionSet(name.rpartition("/")[2], tuple(questions), tuple(wrong))
    return LoadedData(entry, found, digest.hexdigest(), size)


def _question(row: dict[str, Any], name: str) -> tuple[Question, list[Misplaced]]:
    try:
        placed = zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True)
        answers = [{"text": text, "answer_start": start} for text, start in placed]
        entry = entry_of({**row, "id": str(row["id"]), "answers": answers}, f"row {row['id']!r}")
        return question_of(entry, text_of(row["context"]), row.get("title"), name)
    except (KeyError, TypeError, ValueError) as error:
        msg = f"expected SQuAD's columns in the data set {name!r}, found {sorted(row)}; convert it to a file"
        raise UsageError(msg) from error
