"""Find, label and keep on disk the passages that a training reads for each of its questions."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from spanwise.embed.load import Encoder, load_encoder
from spanwise.files.durable import write_durably
from spanwise.index import Change, Index
from spanwise.progress import ReportCount
from spanwise.retrieve.retriever import retrieve
from spanwise.squad.questions import GoldAnswer, Question
from spanwise.train.data.ngrams import holds_answer
from spanwise.train.passages.corpora import PASSAGES, TrainingCorpus
from spanwise.types import Passage, SourceText

if TYPE_CHECKING:
    from spanwise.train.training_job import TrainingJob

AROUND = 20
"""Characters on each side of an answer, or twice as many on one, by which its place is known in another passage."""
PassageKind = Literal["own", "positive", "negative", "left out"]
EMBEDDED_AT_ONCE = 250  # passages of one commit, the most that a kill makes embed again
NO_DIGEST = "0" * 64  # the passages are no files
AT_ONCE = 200  # questions of one file, the most that a kill makes find again
SPARE = 1  # passages beyond those wanted, since some are left out


@dataclass(frozen=True, slots=True)
class LabeledPassage:
    """
    A passage for a question.

    :param kind: Whether it answers; "own" is the passage that the question came with.
    :param answer: Where it does.
    """

    text: str
    kind: PassageKind
    answer: GoldAnswer | None = None


Passages = Mapping[str, Sequence[LabeledPassage]]
"""For each question, by its id, its own passage and then those that were found, best first."""


def same_place(question: Question, text: str) -> GoldAnswer | None:
    """Return the answer where a text has it in the same words as the question's own passage; passages overlap."""
    if not question.answerable or question.context is None or question.answers[0].start is None:
        return None
    answer, context = question.answers[0], question.context
    start = question.answers[0].start
    stop = start + len(answer.text)
    for before, behind in ((AROUND, AROUND), (2 * AROUND, 0), (0, 2 * AROUND)):
        begin = max(0, start - before)
        stretch = context[begin : stop + behind]
        if len(stretch) < len(answer.text) + AROUND:  # too little beside it, at an end of the passage
            continue
        at = text.find(stretch)
        if at >= 0:
            return GoldAnswer(answer.text, at + start - begin)
    return None


def labeled(question: Question, text: str) -> LabeledPassage:
    """Label a passage; one that has a right answer, but elsewhere, may answer or not, and is left out."""
    answer = same_place(question, text)
    if answer is not None:
        return LabeledPassage(text, "positive", answer)
    doubtful = question.answerable and holds_answer(text, question.golds)
    return LabeledPassage(text, "left out" if doubtful else "negative")


def passages_to_read(found: Sequence[LabeledPassage], most: int) -> list[LabeledPassage]:
    """Return the first passages that are not left out; the question's own is one of them."""
    return [passage for passage in found if passage.kind != "left out"][:most]


@contextmanager
def corpus_index(corpus: TrainingCorpus, folder: Path, encoder: Encoder | None, report: ReportCount) -> Iterator[Index]:
    """
    Open the index of a corpus; make it first, or finish it, if need be.

    :param encoder: None for an index of words alone.
    :param folder: Where indexes of corpora are, each named by a digest of its texts and its embedder.
    :param report: Called with the number of passages embedded since the last call.
    :raises IndexStateError: If the corpus is an index that another embedder made.
    """
    identity = None if encoder is None else encoder.identity
    if corpus.index is not None:
        with Index.open(corpus.index) as index:
            if identity is not None:
                index.require_embedder(identity)
            yield index
        return
    key = hashlib.sha256(f"{corpus.sha256} {None if identity is None else identity.fingerprint}".encode()).hexdigest()
    path = folder / f"index-{key[:32]}"
    Index.ensure(path, embedder=identity)
    with Index.open(path, writable=True) as index:
        done = len(index.files())  # which are committed in their order
        for begin in range(done, len(corpus.texts), EMBEDDED_AT_ONCE):
            texts = corpus.texts[begin : begin + EMBEDDED_AT_ONCE]
            sources = [SourceText(f"{begin + at:07}", text, NO_DIGEST) for at, text in enumerate(texts)]
            passages = [Passage(source.file, 0, len(source.text), source.text) for source in sources]
            vectors = np.ones((len(texts), 1), dtype=np.float32) if encoder is None else encoder.encode(texts)
            index.apply(Change([(source, len(source.text), 1) for source in sources], passages, vectors))
            report(len(texts))
    with Index.open(path) as index:
        yield index


def search(index: Index, encoder: Encoder | None, questions: Sequence[str], top_k: int) -> list[list[str]]:
    """Return for each question the texts of its best passages, found and fused as `spanwise ask` does, or by words."""
    if encoder is None:
        return [[hit.passage.text for hit in index.lexical(question, top_k)] for question in questions]
    ranked = retrieve(index, questions, encoder.encode_queries(questions), top_k=top_k)
    return [[hit.passage.text for hit in hits] for hits in ranked]


@dataclass(frozen=True, slots=True)
class CorpusPart:
    """Questions of one corpus that are looked for together, and the file of what is found for them."""

    corpus: TrainingCorpus
    questions: Sequence[Question]
    file: Path


def gather_passages(job: "TrainingJob") -> list[Passages | None]:
    """
    Find the passages of all questions that a training sees; what is in its folder, or its cache, is not found again.

    :returns: For each file its questions' passages; None for one without a corpus.
    """
    name, most = job.recipe.embedder, job.recipe.passages + SPARE
    encoder = None if name is None else load_encoder(name, device=job.device)
    folder = job.output / PASSAGES if job.cache is None else job.cache
    folder.mkdir(parents=True, exist_ok=True)
    decisive = [None if encoder is None else encoder.identity.fingerprint, most]
    parts: list[list[CorpusPart] | None] = []
    for number, loaded in enumerate(job.sets):
        asked = [question for question, _ in loaded.drawn(job.recipe.seed + number)]
        parts.append(None if loaded.corpora is None else list(_parts(asked, loaded.corpora, folder, decisive)))
    every = {part.file: part for some in parts for part in some or ()}
    _find([part for file, part in every.items() if not file.exists()], folder, encoder, most, job)
    return [None if some is None else dict(pair for part in some for pair in _read(part.file)) for some in parts]


def _parts(
    questions: Iterable[Question], corpora: Mapping[str, TrainingCorpus], folder: Path, decisive: Sequence[object]
) -> Iterator[CorpusPart]:
    """
    Yield a file's questions corpus by corpus, each part's file named by a digest of all that decides what is found.

    :param corpora: By title.
    :param decisive: What decides it besides questions and corpus.
    """
    by_corpus: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        by_corpus[corpora[question.title or ""].sha256].append(question)
    known = {corpus.sha256: corpus for corpus in corpora.values()}
    for sha256, asked in by_corpus.items():
        for begin in range(0, len(asked), AT_ONCE):
            some = asked[begin : begin + AT_ONCE]
            key = json.dumps([[asdict(question) for question in some], sha256, *decisive], sort_keys=True)
            file = folder / f"found-{hashlib.sha256(key.encode()).hexdigest()[:32]}.jsonl"
            yield CorpusPart(known[sha256], some, file)


def _find(parts: Sequence[CorpusPart], folder: Path, encoder: "Encoder | None", most: int, job: "TrainingJob") -> None:
    """
    Find the passages of questions and write them.

    :param folder: Where indexes of corpora are made.
    :param most: Passages that are looked for, one of which may be the question's own.
    """
    corpora = {part.corpus.sha256: part.corpus for part in parts}
    to_embed = sum(len(corpus.texts) for corpus in corpora.values() if corpus.index is None)
    embedded = job.counting("embedding passages", to_embed)
    asked = job.counting("finding passages", sum(len(part.questions) for part in parts))
    for sha256, corpus in corpora.items():
        with corpus_index(corpus, folder, encoder, embedded) as index:
            for part in (part for part in parts if part.corpus.sha256 == sha256):
                rankings = search(index, encoder, [question.question for question in part.questions], most)
                lines = []
                for question, texts in zip(part.questions, rankings, strict=True):
                    own = LabeledPassage(question.context or "", "own", next(iter(question.answers), None))
                    others = [text for text in texts if text != question.context][: most - 1]
                    found = [own, *(labeled(question, text) for text in others)]
                    lines.append(json.dumps([question.id, [asdict(passage) for passage in found]]) + "\n")
                write_durably(part.file, "".join(lines).encode())
                asked(len(part.questions))


def _read(file: Path) -> Iterator[tuple[str, list[LabeledPassage]]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        identifier, entries = json.loads(line)
        for entry in entries:
            entry["answer"] = None if entry["answer"] is None else GoldAnswer(**entry["answer"])
        yield identifier, [LabeledPassage(**entry) for entry in entries]
