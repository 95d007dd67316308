"""The corpora whose passages a training's questions are asked of."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from spanwise.errors import UsageError
from spanwise.squad.questions import LINES, Question
from spanwise.squad.squad_file import json_lines, read_squad

OWN = "own"
"""Names the contexts of the questions' own file as their corpus."""
TITLE = "{title}"
PASSAGES = "passages"
"""The folder of what is found in corpora, in that of a training until it is finished."""


@dataclass(frozen=True, slots=True)
class TrainingCorpus:
    """
    Passages to search, each text once.

    :param name: For messages.
    :param sha256: Hex digest of all texts.
    :param index: Folder of the spanwise index that they are in; None for one that is made of them.
    """

    name: str
    texts: tuple[str, ...]
    sha256: str
    index: Path | None = None


def load_corpora(place: str, questions: Sequence[Question], folder: Path | None) -> Mapping[str, TrainingCorpus]:
    """
    Read the corpora of a file's questions.

    :param place: "own" for the contexts of the questions; else the folder of a spanwise index, lines of JSON with a
        "text" each (.jsonl) or a SQuAD file, whose contexts are taken, either gzipped or not. "{title}" in it stands
        for the title of a question's article, so that each has a corpus of its own.
    :param folder: Where files are whose names are not absolute; None for the current directory.
    :returns: For each title its corpus; questions without one have that of "".
    :raises UsageError: If a file cannot be read, holds something else, or no text.
    """
    titles = dict.fromkeys(question.title or "" for question in questions)
    if place == OWN:
        own = corpus_of(OWN, (question.context for question in questions if question.context is not None))
        return dict.fromkeys(titles, own)
    root = "" if folder is None else folder
    read = cache(lambda name: _read(name, Path(root, os.path.expanduser(name))))
    return {title: read(place.replace(TITLE, title)) for title in titles}


def digest_of(corpora: Iterable[TrainingCorpus]) -> str:
    """Return a hex digest of several corpora, whatever their order."""
    return hashlib.sha256("".join(sorted({corpus.sha256 for corpus in corpora})).encode()).hexdigest()


def corpus_of(name: str, texts: Iterable[str], index: Path | None = None) -> TrainingCorpus:
    """
    Make a corpus of texts, each once.

    :param index: Folder of the index that they are in, or None.
    :raises UsageError: If there is no text.
    """
    different = tuple(dict.fromkeys(text for text in texts if text.strip()))
    if not different:
        msg = f"expected passages in the corpus {name}, found none; name another with --corpus"
        raise UsageError(msg)
    digest = hashlib.sha256()
    for text in different:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return TrainingCorpus(name, different, digest.hexdigest(), index)


def _read(name: str, place: Path) -> TrainingCorpus:
    from spanwise.index import Index

    if Index.exists(place):
        with Index.open(place) as index:
            passages = [passage for file in index.files() for passage in index.passages_of(file)]
        return corpus_of(name, (passage.text for passage in passages), place)
    if not place.is_file():
        msg = (
            f'expected a corpus in {place}, an index, lines of {{"text": "..."}} or a SQuAD file, found none; '
            "name another with --corpus"
        )
        raise UsageError(msg)
    return corpus_of(name, _texts(place))


def _texts(file: Path) -> Iterator[str]:
    if not file.name.lower().endswith(LINES):
        yield from (paragraph.context for paragraph in read_squad(file, contexts_only=True).paragraphs())
        return
    for number, line in json_lines(file):
        if not isinstance(line, dict) or not isinstance(line.get("text"), str):
            msg = f'expected {{"text": "..."}} in line {number} of {file}, found {line!r:.60}; correct the line'
            raise UsageError(msg)
        yield line["text"]
