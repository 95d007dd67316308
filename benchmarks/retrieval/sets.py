"""The corpora that retrieval is measured on: paragraphs of SQuAD files, and the folders of real documentation."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.realdocs.questions import Question, load

from spanwise.embed.load import Encoder
from spanwise.index import Change, Index
from spanwise.split.splitter import Splitter, SplitterSettings
from spanwise.squad.squad_file import read_squad
from spanwise.types import Passage, SourceText

FILES_AT_ONCE = 500


@dataclass(frozen=True)
class Ask:
    """
    A question, and what tells whether a passage answers it.

    :param answers: Whether a passage does.
    """

    text: str
    answers: Callable[[Passage], bool]


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a SQuAD file with the answerable questions about it and their answers."""

    text: str
    title: str
    questions: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def file(self) -> str:
        """The name of the file that it becomes."""
        return f"{hashlib.sha256(self.text.encode()).hexdigest()[:24]}.txt"

    def asks(self) -> list[Ask]:
        """Return its questions; a passage answers one when it is a part of this paragraph that holds an answer."""
        return [Ask(question, _holds(self.file, answers)) for question, answers in self.questions]


def _holds(file: str, answers: Sequence[str]) -> Callable[[Passage], bool]:
    return lambda passage: passage.file == file and any(answer in passage.text for answer in answers)


def paragraphs_of(file: Path) -> list[Paragraph]:
    """Return the paragraphs of a SQuAD file, gzipped or not."""
    return [
        Paragraph(one.context, one.title, tuple((ask.question, tuple(a.text for a in ask.answers)) for ask in asked))
        for one in read_squad(file, contexts_only=True).paragraphs()
        for asked in [[entry for entry in one.entries if entry.answerable]]
    ]


def squad_index(path: Path, paragraphs: Sequence[Paragraph], encoder: Encoder) -> Index:
    """Open the index of these paragraphs, and first add what it lacks of them, each as a file of its own."""
    settings = SplitterSettings()
    if not Index.exists(path):
        Index.create(path, embedder=encoder.identity).close()
    splitter = Splitter(encoder.tokenizer, settings)
    with Index.open(path, writable=True) as index:
        known = index.files()
        missing = list({paragraph.file: paragraph for paragraph in paragraphs if paragraph.file not in known}.values())
        for begin in range(0, len(missing), FILES_AT_ONCE):
            part = missing[begin : begin + FILES_AT_ONCE]
            sources = [SourceText(one.file, one.text, "0" * 64, one.title or None) for one in part]
            passages = [passage for source in sources for passage in splitter.split(source)]
            vectors = encoder.encode([passage.text for passage in passages])
            index.apply(Change([(source, len(source.text), 1) for source in sources], passages, vectors))
            print(f"embedded {begin + len(part)} of {len(missing)} paragraphs", flush=True)
    return Index.open(path)


def sample(asks: Sequence[Ask], count: int) -> list[Ask]:
    """Return at most so many of these questions, always the same ones."""
    return random.Random(1).sample(list(asks), min(count, len(asks)))


def realdocs_asks(folder: str) -> list[Ask]:
    """Return the answerable questions on one folder of real documentation."""
    return [
        Ask(question.question, _answered(question, folder))
        for question in load()
        if question.folder == folder and not question.is_impossible
    ]


def _answered(question: Question, folder: str) -> Callable[[Passage], bool]:
    return lambda passage: question.is_answered_by(f"{folder}/{passage.file}", passage.text)
