"""What `reader.py` reads: question sets of real data, and the sides that read them, each in its own process."""

import os
import random
import re
import resource
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from benchmarks.harness import OtherWork, Result

from spanwise.squad.squad_file import read_squad

PASSAGES = 20
TOP_K = 20  # of both sides' components
EXACT, FAST, PEER = "spanwise fp32", "spanwise int8", "Haystack fp32"
Ask = tuple[str, list[str]]


@dataclass(frozen=True)
class Question:
    """A question of a SQuAD file, with the paragraph it was asked of and the answers that count as right."""

    text: str
    context: str
    answers: list[str]


def questions_of(file: Path, seed: int = 0) -> list[Question]:
    """Read a SQuAD file, gzipped or not, in an order drawn at random."""
    found = [
        Question(entry.question, paragraph.context, [answer.text for answer in entry.answers])
        for paragraph, entry in read_squad(file).questions()
    ]
    random.Random(seed).shuffle(found)
    return found


class Passages:
    """Full-text search over texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = list(dict.fromkeys(texts))
        self._search = sqlite3.connect(":memory:")
        self._search.execute("CREATE VIRTUAL TABLE passages USING fts5(text)")
        self._search.executemany("INSERT INTO passages(rowid, text) VALUES (?, ?)", enumerate(self._texts))

    def best(self, question: str, count: int = PASSAGES) -> list[str]:
        """Return the passages that share the rarest words with the question, best first."""
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", question))
        rows = self._search.execute(
            "SELECT rowid FROM passages WHERE text MATCH ? ORDER BY rank LIMIT ?", (words, count)
        )
        return [self._texts[number] for (number,) in rows]


def asks(questions: Sequence[Question], passages: Passages, count: int) -> list[Ask]:
    """Return the first questions for which enough passages are found, with these."""
    found = ((question.text, passages.best(question.text)) for question in questions)
    return [ask for _, ask in zip(range(count), (ask for ask in found if len(ask[1]) == PASSAGES), strict=False)]


def cut(texts: Sequence[str]) -> list[str]:
    """Cut texts, joined, into passages as spanwise indexes them: of at most 192 tokens, and mostly near that."""
    from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
    from spanwise.runtime.tokenizer import load_tokenizer
    from spanwise.split.splitter import Splitter, SplitterSettings
    from spanwise.types import SourceText

    splitter = Splitter(load_tokenizer(embedder_folder(DEFAULT_EMBEDDER)), SplitterSettings())
    joined = "\n".join(dict.fromkeys(texts))
    return [passage.text for passage in splitter.split(SourceText(file="all", text=joined, sha256=""))]


def uneven(ask: Ask) -> Ask:
    """Return the question with 63 passages of one sentence each, and a long one."""
    question, passages = ask
    sentences = [part for text in passages for part in re.split(r"(?<=[.!?])\s+", text) if 20 < len(part) < 120]
    return question, [*(sentences * 63)[:63], " ".join(passages)[:2000]]


class Side:
    """One side in a process of its own, which waits between measurements."""

    def __init__(self, name: str, model: str, device: str = "cpu", **settings: Any) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, name, model, device, settings), daemon=True)
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.send(None)
        self._process.join()

    def call(self, task: str, *arguments: Any) -> Any:
        """Have the side do something; see `_Reader`."""
        self._pipe.send((task, arguments))
        result = self._pipe.recv()
        if isinstance(result, BaseException):
            raise result
        return result


def _serve(pipe: Connection, name: str, model: str, device: str, settings: dict[str, Any]) -> None:
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    reader = _Reader(name, model, device, settings)
    while (request := pipe.recv()) is not None:
        task, arguments = request
        try:
            pipe.send(getattr(reader, task)(*arguments))
        except Exception as error:  # the other process is to say what went wrong
            pipe.send(RuntimeError(f"{name}: {error!r}"))


class _Reader:
    """The component of a side, in the process that measures it."""

    def __init__(self, name: str, model: str, device: str, settings: dict[str, Any]) -> None:
        from haystack.utils import ComponentDevice

        self._ours = name.startswith("spanwise")
        place = ComponentDevice.from_str(device)
        if self._ours:
            from spanwise.read import ExtractiveReader

            self._reader: Any = ExtractiveReader(model, place, **settings)
        else:
            from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

            self._reader = TransformersExtractiveReader(model=model, device=place, **settings)
        self._reader.warm_up()

    def read(self, questions: Sequence[Ask], *, together: bool = False) -> Result:
        """Read passages for questions, one after the other or all at once; returns seconds and CPU seconds."""
        documents = [_documents(passages) for _, passages in questions]
        others, before, began = OtherWork(), os.times(), time.perf_counter()
        if together:
            self._reader.run_batch([question for question, _ in questions], documents)
        else:
            for (question, _), read in zip(questions, documents, strict=True):
                self._reader.run(query=question, documents=read)
        wall, after = time.perf_counter() - began, os.times()
        cpu = after.user + after.system - before.user - before.system
        return {"wall": wall, "cpu": cpu, "others": others.cores()}

    def together(self, questions: Sequence[Ask]) -> Result:
        """Read passages for all questions at once."""
        return self.read(questions, together=True)

    def answers(self, questions: Sequence[Ask]) -> list[tuple[int, str, float]]:
        """Return for each question the best answer: which passage, its text, and its score or margin."""
        found = []
        for question, passages in questions:
            documents = _documents(passages)
            answers = self._reader.run(query=question, documents=documents)["answers"]
            best = next(answer for answer in answers if answer.data is not None)
            found.append((best.document.meta["number"], best.data, best.meta.get("margin", best.score)))
        return found

    def spans(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, float]]:
        """Return the best span of each (question, passage) and its margin, in one call; spanwise only."""
        spans = self._reader._reader.read(pairs, top_k=1)
        return [
            (passage[found[0].start : found[0].end], found[0].margin) if found else ("", float("-inf"))
            for (_, passage), found in zip(pairs, spans, strict=True)
        ]

    def stages(self, questions: Sequence[Ask]) -> dict[str, float]:
        """Return seconds by stage, summed over threads; spanwise only."""
        from benchmarks.harness import Stages

        from spanwise.read import batches, reader, windows

        stages = Stages()
        stages.watch(windows.WindowBuilder, "build", "tokenize and cut windows")
        stages.watch(batches.BatchRunner, "_logits", "model")
        stages.watch(reader, "best_spans", "find spans")
        self.read(questions)
        return dict(stages.seconds)

    def tokens(self, questions: Sequence[Ask]) -> list[int]:
        """Return the tokens of every window; spanwise only."""
        builder, _ = self._reader._reader._loaded()
        pairs = [(question, passage) for question, passages in questions for passage in passages]
        return [len(window.input_ids) for window in builder.build(pairs)]

    def peak(self, question: str, passages: list[str]) -> float:
        """Read passages once; returns the process's highest resident memory, in MB."""
        self.read([(question, passages)])
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _documents(passages: Sequence[str]) -> list[Any]:
    from haystack import Document

    return [Document(content=text, meta={"number": number}) for number, text in enumerate(passages)]
