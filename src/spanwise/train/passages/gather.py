"""Find, and keep on disk, the passages that a training reads for each of its questions."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.durable import write_durably
from spanwise.embed.load import load_encoder
from spanwise.progress import ReportCount
from spanwise.squad import GoldAnswer, Question
from spanwise.train.model import model_fingerprint
from spanwise.train.passages.corpora import Corpus, title_of
from spanwise.train.passages.judge import Judge
from spanwise.train.passages.labels import Found, judged, same_place
from spanwise.train.passages.search import find, indexed
from spanwise.train.progress import TrainingProgress, counting
from spanwise.train.results.run_folder import PASSAGES

if TYPE_CHECKING:
    from spanwise.embed.encoder import Encoder
    from spanwise.train.training_job import TrainingJob
    from spanwise.types import Span

AT_ONCE = 200  # questions of one file, the most that a kill makes find again
SPARE = 1  # passages beyond those wanted, since some are left out
Passages = Mapping[str, Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Part:
    """Questions of one corpus that are looked for together."""

    corpus: Corpus
    questions: Sequence[Question]


class Gatherer:
    """
    Finds passages for questions.

    What it found is in a folder, by digests of all that decides it, so that nothing is found twice.

    :param job: Whose recipe says how many passages, which embedder and which judge.
    """

    def __init__(self, job: "TrainingJob") -> None:
        self._job = job
        self._recipe = job.recipe
        self._folder = job.output / PASSAGES if job.cache is None else job.cache

    @cached_property
    def _encoder(self) -> "Encoder | None":
        name = self._recipe.embedder
        return None if name is None else load_encoder(name, device=self._job.device)

    @cached_property
    def _judge(self) -> Judge | None:
        name = self._recipe.judge
        return None if name is None else Judge(name, self._job.device, self._job.token)

    @cached_property
    def _settings(self) -> list[object]:
        """What decides the passages beside questions and corpora."""
        judge = None if self._recipe.judge is None else model_fingerprint(self._recipe.judge)
        embedder = None if self._encoder is None else self._encoder.identity.fingerprint
        return [embedder, judge, self._recipe.passages, SPARE]

    def gather(self, questions: Sequence[Question], corpora: Mapping[str, Corpus]) -> Passages:
        """
        Return for each question, by its id, its own passage and then those that were found, best first.

        :param questions: With contexts.
        :param corpora: By title.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        by_corpus: dict[str, list[Question]] = defaultdict(list)
        for question in questions:
            by_corpus[corpora[title_of(question)].sha256].append(question)
        known = {corpus.sha256: corpus for corpus in corpora.values()}
        parts = [
            Part(known[digest], asked[begin : begin + AT_ONCE])
            for digest, asked in by_corpus.items()
            for begin in range(0, len(asked), AT_ONCE)
        ]
        missing = [part for part in parts if not self._file(part).exists()]
        self._find(missing)
        return {identifier: found for part in parts for identifier, found in self._read(part).items()}

    def _find(self, parts: Sequence[Part]) -> None:
        by_corpus: dict[str, list[Part]] = defaultdict(list)
        for part in parts:
            by_corpus[part.corpus.sha256].append(part)
        corpora = [some[0].corpus for some in by_corpus.values()]
        to_embed = sum(len(corpus.texts) for corpus in corpora if corpus.index is None)
        embedded = self._counting("embedding passages", to_embed)
        pairs = sum(len(part.questions) for part in parts) * (self._recipe.passages + SPARE - 1)
        judging = self._counting("finding passages" if self._recipe.judge is None else "judging passages", pairs)
        for some in by_corpus.values():
            with indexed(some[0].corpus, self._folder, self._encoder, embedded) as index:
                for part in some:
                    ranked = find(
                        index,
                        self._encoder,
                        [question.question for question in part.questions],
                        top_k=self._recipe.passages + SPARE,  # one of which may be the question's own
                    )
                    self._write(part, self._labeled(part.questions, ranked, judging))

    def _labeled(
        self, questions: Sequence[Question], ranked: Sequence[Sequence[str]], report: ReportCount
    ) -> list[list[Found]]:
        most = self._recipe.passages + SPARE - 1
        pairs = [
            (place, question, text)
            for place, (question, texts) in enumerate(zip(questions, ranked, strict=True))
            for text in [text for text in texts if text != question.context][:most]
        ]
        answers = [same_place(question, text) for _, question, text in pairs]
        unsure = [pair for pair, answer in zip(pairs, answers, strict=True) if answer is None]
        said: Iterator[Span | None]
        if self._judge is None:
            said = repeat(None)
            report(len(pairs))
        else:
            said = iter(self._judge.read([(question.question, text) for _, question, text in unsure], report))
        found = [[_own(question)] for question in questions]
        for (place, question, text), answer in zip(pairs, answers, strict=True):
            known = Found(text, "positive", answer)
            found[place].append(judged(question, text, next(said)) if answer is None else known)
        return found

    def _counting(self, what: str, total: int) -> ReportCount:
        report = self._job.report
        return counting(lambda done, of: report(TrainingProgress(what, step=done, steps=of)), total)

    def _file(self, part: Part) -> Path:
        asked = [[asdict(question) for question in part.questions], part.corpus.sha256, *self._settings]
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return self._folder / f"found-{digest[:32]}.jsonl"

    def _write(self, part: Part, found: Sequence[Sequence[Found]]) -> None:
        lines = [
            json.dumps([question.id, [asdict(passage) for passage in some]])
            for question, some in zip(part.questions, found, strict=True)
        ]
        write_durably(self._file(part), ("\n".join(lines) + "\n").encode())

    def _read(self, part: Part) -> dict[str, list[Found]]:
        made = {}
        for line in self._file(part).read_text(encoding="utf-8").splitlines():
            identifier, entries = json.loads(line)
            made[identifier] = [
                Found(entry["text"], entry["kind"], None if entry["answer"] is None else GoldAnswer(**entry["answer"]))
                for entry in entries
            ]
        return made


def gather(job: "TrainingJob") -> list[Passages | None]:
    """Return for each file the passages of the questions that the training sees; None for one without a corpus."""
    gatherer = Gatherer(job)
    return [
        None
        if loaded.corpora is None
        else gatherer.gather([question for question, _ in loaded.drawn(job.recipe.seed + number)], loaded.corpora)
        for number, loaded in enumerate(job.sets)
    ]


def _own(question: Question) -> Found:
    answer = question.answers[0] if question.answerable else None
    return Found("" if question.context is None else question.context, "own", answer)
