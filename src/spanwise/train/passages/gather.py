"""Find, and keep on disk, the passages that a training reads for each of its questions."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.embed.load import load_encoder
from spanwise.files.durable import write_durably
from spanwise.squad.questions import GoldAnswer, Question
from spanwise.train.passages.corpora import TrainingCorpus
from spanwise.train.passages.labels import LabeledPassage, PassageKind, labeled
from spanwise.train.passages.search import corpus_index, search
from spanwise.train.results.run_folder import PASSAGES

if TYPE_CHECKING:
    from spanwise.embed.load import Encoder
    from spanwise.train.training_job import TrainingJob

AT_ONCE = 200  # questions of one file, the most that a kill makes find again
SPARE = 1  # passages beyond those wanted, since some are left out
Passages = Mapping[str, Sequence[LabeledPassage]]
"""For each question, by its id, its own passage and then those that were found, best first."""


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
    by_corpus: dict[str, list[CorpusPart]] = defaultdict(list)
    for part in parts:
        by_corpus[part.corpus.sha256].append(part)
    corpora = [some[0].corpus for some in by_corpus.values()]
    to_embed = sum(len(corpus.texts) for corpus in corpora if corpus.index is None)
    embedded = job.counting("embedding passages", to_embed)
    asked = job.counting("finding passages", sum(len(part.questions) for part in parts))
    for corpus, some in zip(corpora, by_corpus.values(), strict=True):
        with corpus_index(corpus, folder, encoder, embedded) as index:
            for part in some:
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
        yield identifier, [_passage(**entry) for entry in entries]


def _passage(text: str, kind: PassageKind, answer: dict[str, Any] | None) -> LabeledPassage:
    return LabeledPassage(text, kind, None if answer is None else GoldAnswer(**answer))
