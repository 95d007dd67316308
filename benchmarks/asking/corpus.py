"""
Ask a corpus of paragraphs, and have Haystack's own components answer the same questions on the same paragraphs.

    python -m benchmarks.asking.corpus --data SQUAD.json[.gz] ... --cache DIR [--distractors FILE ...] [--questions 150]
        [--removed 0.2] [--wait 300] [--out FILE.md]

All paragraphs of the files, and of the distractors, make the corpus, but for a share of those of each data file, chosen
at random: their questions have no answer in it, as those that SQuAD 2.0 marks. Haystack embeds, stores and reads whole
paragraphs, with the same weights as float32 (SentenceTransformersDocumentEmbedder, FAISSDocumentStore,
TransformersExtractiveReader). Each question is asked by itself, both sides in turn. Files are in SQuAD format, for
example from https://rajpurkar.github.io/SQuAD-explorer; use ones that the reader was neither trained nor calibrated on.
The peer needs the packages that benchmarks/README.md names.

For confidences an answer is right where it holds a right one or is held by it, as for `spanwise calibrate`.
"""

import argparse
import hashlib
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.asking.paragraphs import name_of, write_paragraphs
from benchmarks.harness import OtherWork, environment, markdown_table, publish, wait_for_quiet

from spanwise.evaluate.measures import (
    auroc,
    brier_score,
    equal_mass_bins,
    expected_calibration_error,
    mean_reciprocal_rank,
    recall_at,
)
from spanwise.evaluate.squad_metric import exact_score, f1_score, is_right, scoring_golds
from spanwise.squad.questions import Question, read_questions

PASSAGES, DEEPEST = 20, 50
OURS, PEER = "spanwise", "Haystack"


@dataclass(frozen=True)
class Asked:
    """
    What a side made of a question.

    :param golds: Right answers; none where the corpus has no answer.
    :param rank: The place, from 1, of the first passage of the question's paragraph that holds an answer, or None.
    :param best: The first answer, be it given or not.
    :param given: The first answer, or nothing where the side abstains.
    :param confidence: Of `best`, in [0, 1].
    :param answerable: How sure the side is that the corpus has an answer, in [0, 1].
    """

    golds: list[str]
    rank: int | None
    best: str
    given: str
    confidence: float
    answerable: float
    seconds: float


def make_corpus(
    data: Sequence[Path], distractors: Sequence[Path], count: int, removed: float, folder: Path
) -> dict[str, list[Question]]:
    """Write the paragraphs, one a file, and return the questions of each set, without answers where there are none."""
    chance = random.Random(7)
    kept, asked = set[str](), dict[str, list[Question]]()
    for file in distractors:
        kept.update(question.context or "" for question in read_questions(file).questions)
    gone = set[str]()
    sets = [read_questions(file) for file in data]
    for questions in sets:
        contexts = sorted({question.context or "" for question in questions.questions})
        gone.update(chance.sample(contexts, round(removed * len(contexts))))
        kept.update(contexts)
    kept -= gone
    write_paragraphs(kept, folder)
    for questions in sets:
        chosen = chance.sample(questions.questions, min(count, len(questions.questions)))
        asked[questions.name] = [
            Question(one.id, one.question, () if one.context in gone else one.answers, one.context) for one in chosen
        ]
    return asked


def rank_of(question: Question, found: Sequence[tuple[str, str]]) -> int | None:
    """Return the place, from 1, of the first (file, text) of the question's paragraph that holds an answer."""
    file = name_of(question.context or "")
    ranks = (
        rank
        for rank, (name, text) in enumerate(found, 1)
        if name == file and any(gold in text for gold in question.golds)
    )
    return next(ranks, None)


class Spanwise:
    """`Corpus`, as it comes."""

    def __init__(self, folder: Path, cache: Path) -> None:
        from spanwise import Corpus
        from spanwise.embed.load import load_encoder

        self._encoder = load_encoder(device="cpu")
        self._corpus = Corpus(cache / "corpus.index", device="cpu")
        self._corpus.sync(folder)

    def ask(self, question: Question) -> Asked:
        """Ask one question."""
        from spanwise.retrieve import retrieve

        began = time.perf_counter()
        result = self._corpus.ask(question.question, passages=PASSAGES)
        seconds = time.perf_counter() - began
        vectors = self._encoder.encode_queries([question.question])
        hits = retrieve(self._corpus.index, [question.question], vectors, top_k=DEEPEST)[0]
        places = [(place.file, place.text) for hit in hits for place in (hit.passage, *hit.copies)]
        best = result.answers[0] if result.answers else None
        return Asked(
            question.golds,
            rank_of(question, places),
            "" if best is None else best.answer,
            "" if best is None or result.abstained else best.answer,
            0.0 if best is None else best.confidence,
            1 - result.no_answer_confidence,
            seconds,
        )


class Haystack:
    """Haystack's own components; the store is kept in the cache for as long as the paragraphs are the same."""

    def __init__(self, folder: Path, cache: Path) -> None:
        import torch
        from haystack import Document
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )
        from haystack_integrations.components.readers.transformers import TransformersExtractiveReader
        from haystack_integrations.components.retrievers.faiss import FAISSEmbeddingRetriever
        from haystack_integrations.document_stores.faiss import FAISSDocumentStore

        from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
        from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder

        common: dict[str, Any] = {
            "device": ComponentDevice.from_str("cpu"), "model_kwargs": {"dtype": torch.float32},
        }  # fmt: skip
        embedder = {"model": str(embedder_folder(DEFAULT_EMBEDDER)), "progress_bar": False, **common}
        files = sorted(folder.iterdir())
        state = hashlib.sha256("".join(path.name for path in files).encode()).hexdigest()[:12]
        place = cache / f"haystack-{state}"
        if not place.with_suffix(".faiss").exists():
            documents = [Document(content=path.read_text(encoding="utf-8"), meta={"name": path.name}) for path in files]
            writer = SentenceTransformersDocumentEmbedder(**embedder)
            writer.warm_up()
            made = FAISSDocumentStore(embedding_dim=384)
            made.write_documents(writer.run(documents=documents)["documents"])
            made.save(place)
        store = FAISSDocumentStore(index_path=str(place), embedding_dim=384)
        self._retriever = FAISSEmbeddingRetriever(document_store=store, top_k=DEEPEST)
        self._embedder = SentenceTransformersTextEmbedder(**embedder)
        self._reader = TransformersExtractiveReader(model=str(reader_folder(DEFAULT_READER)), **common)
        self._embedder.warm_up()
        self._reader.warm_up()

    def ask(self, question: Question) -> Asked:
        """Ask one question; the search for more passages than are read is not timed, and costs next to nothing."""
        began = time.perf_counter()
        vector = self._embedder.run(text=question.question)["embedding"]
        found = self._retriever.run(query_embedding=vector)["documents"]
        answers = self._reader.run(query=question.question, documents=found[:PASSAGES])["answers"]
        seconds = time.perf_counter() - began
        best = next((answer for answer in answers if answer.data is not None), None)
        none = next((answer.score for answer in answers if answer.data is None), 0.0)
        return Asked(
            question.golds,
            rank_of(question, [(document.meta["name"], document.content) for document in found]),
            "" if best is None else best.data,
            "" if best is None or answers[0].data is None else best.data,
            0.0 if best is None else best.score,
            1 - none,
            seconds,
        )


def measures_of(asked: Sequence[Asked]) -> dict[str, str]:
    """Return all numbers of one side on one set of questions."""
    answerable = [one for one in asked if one.golds]
    impossible = [one for one in asked if not one.golds]
    confidence = np.array([one.confidence for one in asked])
    right = np.array([is_right(one.best, one.golds) for one in asked])
    ranks = [one.rank for one in answerable]
    known = np.array([bool(one.golds) for one in asked])
    found: dict[str, float | None] = {
        "questions": len(asked),
        "of them without an answer": len(impossible),
        "F1": 100 * statistics.fmean(f1_score(one.given, scoring_golds(one.golds)) for one in asked),
        "exact match": 100 * statistics.fmean(exact_score(one.given, scoring_golds(one.golds)) for one in asked),
        "F1 where there is an answer": 100
        * statistics.fmean(f1_score(one.given, scoring_golds(one.golds)) for one in answerable),
        "first answer exact, must answer": 100
        * statistics.fmean(exact_score(one.best, scoring_golds(one.golds)) for one in answerable),
        "left unanswered where there is none, %": 100 * statistics.fmean(not one.given for one in impossible),
        "recall at 10": recall_at(ranks, 10),
        "recall at 20": recall_at(ranks, 20),
        "MRR": mean_reciprocal_rank(ranks),
        "calibration error": expected_calibration_error(equal_mass_bins(confidence, right)),
        "Brier score": brier_score(confidence, right),
        "AUROC, right": auroc(confidence, right),
        "AUROC, answerable": auroc(np.array([one.answerable for one in asked]), known),
        "median seconds": statistics.median(one.seconds for one in asked),
    }
    return {name: "" if value is None else f"{value:,.3g}" for name, value in found.items()}


def measure(arguments: argparse.Namespace) -> str:
    """Ask everything and return the page of results."""
    folder = arguments.cache / "paragraphs"
    asked = make_corpus(arguments.data, arguments.distractors, arguments.questions, arguments.removed, folder)
    sides: dict[str, Spanwise | Haystack] = {
        OURS: Spanwise(folder, arguments.cache),
        PEER: Haystack(folder, arguments.cache),
    }
    wait_for_quiet(arguments.wait)
    others = OtherWork()
    found: dict[str, dict[str, list[Asked]]] = {side: {} for side in sides}
    for name, questions in asked.items():
        for side, system in sides.items():
            system.ask(questions[0])
            found[side][name] = []
        for number, question in enumerate(questions, 1):
            for side, system in sides.items():
                found[side][name].append(system.ask(question))
            if number % 25 == 0:
                print(f"{name}: {number} of {len(questions)} asked", file=sys.stderr, flush=True)
    busy = others.cores()
    for of_sets in found.values():
        of_sets["all"] = [one for part in list(of_sets.values()) for one in part]
    tables = []
    for name in [*asked, "all"]:
        columns = {side: measures_of(found[side][name]) for side in sides}
        rows = [[row, *(columns[side][row] for side in sides)] for row in columns[OURS]]
        tables.append(f"## {name}\n\n{markdown_table(['', *sides], rows)}")
    paragraphs = len(list(folder.iterdir()))
    head = (
        f"# Answers from a corpus\n\n{environment()}\n\n{paragraphs:,} paragraphs, of which {PASSAGES} are read; "
        f"{arguments.removed:.0%} of those of each data file are left out. On the CPU; others used {busy:.2f} cores."
    )
    return "\n\n".join([head, *tables])


def main() -> None:
    """Ask both sides and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="FILE", help="questions in SQuAD format")
    parser.add_argument("--distractors", type=Path, nargs="*", default=[], metavar="FILE", help="more paragraphs")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where indexes stay for the next run")
    parser.add_argument("--questions", type=int, default=150, help="asked of each data file (default 150)")
    parser.add_argument("--removed", type=float, default=0.2, help="share of paragraphs left out (default 0.2)")
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS", help="most seconds to wait for quiet")
    parser.add_argument("--out", type=Path, help="also write the tables to this Markdown file")
    arguments = parser.parse_args()
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    publish(measure(arguments), arguments.out)


if __name__ == "__main__":
    main()
