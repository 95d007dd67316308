"""Both sides that answer the questions on real documentation: `Corpus`, and Haystack's own components."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.realdocs.questions import Question

DEEPEST = 50  # passages looked at for where the answer's stands
SPLIT_WORDS, SPLIT_OVERLAP = 150, 20  # the peer's passages, in words
Passage = tuple[str, str]  # its file and its text


@dataclass(frozen=True, slots=True)
class Given:
    """
    One answer that was given.

    :param passages: The texts, of those read, that it stands in.
    """

    text: str
    confidence: float
    file: str
    passages: tuple[str, ...]

    def is_right(self, question: Question) -> bool:
        """Whether its words are right and its file says so."""
        return question.is_right(self.text) and any(place.file == self.file for place in question.places)

    def is_surely_right(self, question: Question) -> bool:
        """Whether it is right, and from a passage that holds the quote."""
        return self.is_right(question) and any(question.is_answered_by(self.file, text) for text in self.passages)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One question and all that came of it.

    :param rank: The place, from 1, of the first passage that answers it among the first 50; None if there is none.
    :param was_read: Whether such a passage was read.
    :param answers: Best first.
    :param answerable: How sure the side is that the folder answers it, in [0, 1].
    :param milliseconds: By stage.
    """

    question: Question
    rank: int | None
    was_read: bool
    answers: tuple[Given, ...]
    abstained: bool
    answerable: float
    milliseconds: dict[str, float]

    @property
    def first_right(self) -> bool:
        """Whether the first answer is right."""
        return bool(self.answers) and self.answers[0].is_right(self.question)


def first_rank(question: Question, found: Sequence[Sequence[Passage]]) -> int | None:
    """Return the place, from 1, of the first passage that answers a question, be it in one of its copies."""
    ranked = (rank for rank, places in enumerate(found, 1) if any(question.is_answered_by(*place) for place in places))
    return next(ranked, None)


class Spanwise:
    """
    `Corpus`, with an index kept in `cache`.

    :param options: Of `Corpus`, as `reader`.
    """

    def __init__(self, documents: Path, cache: Path, folder: str, passages: int, **options: Any) -> None:
        from spanwise import Corpus
        from spanwise.embed.load import load_encoder

        self._folder, self._passages = folder, passages
        self._encoder = load_encoder(device="cpu")
        self.corpus = Corpus(cache / f"{folder}.index", device="cpu", **options)
        self.corpus.sync(documents / folder)

    def ask(self, question: Question) -> Asked:
        """Ask one question as a user does, and again for the places of more passages than are read."""
        result = self.corpus.ask(question.question, passages=self._passages)
        passages = [self._places(hit) for hit in self._retrieve(question.question)]
        read = [self._places(hit) for hit in result.passages]
        answers = []
        for answer in result.answers:
            holding = [
                place.text
                for hit in result.passages
                for place in (hit.passage, *hit.copies)
                if place.file == answer.file and place.start <= answer.start and answer.end <= place.end
            ]
            answers.append(Given(answer.answer, answer.confidence, self._file(answer.file), tuple(holding)))
        return Asked(
            question,
            first_rank(question, passages),
            first_rank(question, read) is not None,
            tuple(answers),
            result.abstained,
            1 - result.no_answer_confidence,
            result.timings_ms,
        )

    def _retrieve(self, question: str) -> list[Any]:
        from spanwise.retrieve import retrieve

        vectors = self._encoder.encode_queries([question])
        return retrieve(self.corpus.index, [question], vectors, top_k=DEEPEST)[0]

    def lost(self, question: Question) -> str | None:
        """Return how indexing lost the answer to a question, or None if it did not."""
        index = self.corpus.index
        known = index.files()
        files = [name for place in question.places if (name := place.file.partition("/")[2]) in known]
        if not any(question.is_answered_by(self._file(file), index.source(file).text) for file in files):
            return "not in the text"
        passages = ((self._file(file), passage.text) for file in files for passage in index.passages_of(file))
        return "not in a passage" if not any(question.is_answered_by(*passage) for passage in passages) else None

    def _places(self, hit: Any) -> list[Passage]:
        return [(self._file(place.file), place.text) for place in (hit.passage, *hit.copies)]

    def _file(self, file: str) -> str:
        return f"{self._folder}/{file}"


class Haystack:
    """
    Haystack's converters, splitter, embedder, FAISS store and reader, put together as its documentation shows.

    Embedder and reader have spanwise's weights, as float32. Its store's index is kept in `cache`.
    """

    def __init__(self, documents: Path, cache: Path, folder: str, passages: int, reader: str) -> None:
        import torch
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder
        from haystack_integrations.components.readers.transformers import TransformersExtractiveReader
        from haystack_integrations.components.retrievers.faiss import FAISSEmbeddingRetriever
        from haystack_integrations.document_stores.faiss import FAISSDocumentStore

        from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
        from spanwise.runtime.default_reader import reader_folder

        self._root, self._passages = documents, passages
        self._cpu, self._float32 = ComponentDevice.from_str("cpu"), {"dtype": torch.float32}
        self._embedder_folder = str(embedder_folder(DEFAULT_EMBEDDER))
        place = cache / f"{folder}-haystack"
        if not place.with_suffix(".faiss").exists():
            made = FAISSDocumentStore(embedding_dim=384)
            made.write_documents(self._embedded(documents / folder))
            made.save(place)
        store = FAISSDocumentStore(index_path=str(place), embedding_dim=384)
        self._retriever = FAISSEmbeddingRetriever(document_store=store, top_k=DEEPEST)
        self._embedder = SentenceTransformersTextEmbedder(
            model=self._embedder_folder, device=self._cpu, progress_bar=False, model_kwargs=self._float32
        )
        self._embedder.warm_up()
        self._reader = TransformersExtractiveReader(
            model=str(reader_folder(reader)), device=self._cpu, model_kwargs=self._float32
        )
        self._reader.warm_up()

    def _embedded(self, folder: Path) -> list[Any]:
        from haystack.components.converters import HTMLToDocument, PyPDFToDocument
        from haystack.components.preprocessors import DocumentSplitter
        from haystack.components.routers import FileTypeRouter
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        converters: dict[str, Any] = {
            "text/html": HTMLToDocument(store_full_path=True),
            "application/pdf": PyPDFToDocument(store_full_path=True),
        }
        files: list[Path | str] = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        routed = FileTypeRouter(mime_types=list(converters)).run(sources=files)
        whole = [
            document
            for mime_type, converter in converters.items()
            for document in converter.run(sources=routed.get(mime_type, []))["documents"]
        ]
        splitter = DocumentSplitter(split_by="word", split_length=SPLIT_WORDS, split_overlap=SPLIT_OVERLAP)
        embedder = SentenceTransformersDocumentEmbedder(
            model=self._embedder_folder, device=self._cpu, progress_bar=False, model_kwargs=self._float32
        )
        embedder.warm_up()
        found: list[Any] = embedder.run(documents=splitter.run(documents=whole)["documents"])["documents"]
        return found

    def ask(self, question: Question) -> Asked:
        """Ask one question."""
        began = time.perf_counter()
        vector = self._embedder.run(text=question.question)["embedding"]
        documents = self._retriever.run(query_embedding=vector)["documents"]
        retrieved = time.perf_counter()
        answers = self._reader.run(query=question.question, documents=documents[: self._passages])["answers"]
        ended = time.perf_counter()
        given = [
            Given(answer.data, answer.score, self._file(answer.document), (answer.document.content or "",))
            for answer in answers
            if answer.data is not None
        ]
        passages = [[(self._file(document), document.content or "")] for document in documents]
        none = next((answer.score for answer in answers if answer.data is None), 0.0)
        return Asked(
            question,
            first_rank(question, passages),
            first_rank(question, passages[: self._passages]) is not None,
            tuple(given[:5]),
            bool(answers) and answers[0].data is None,
            1 - none,
            {"retrieve": 1000 * (retrieved - began), "read": 1000 * (ended - retrieved)},
        )

    def _file(self, document: Any) -> str:
        return Path(document.meta["file_path"]).relative_to(self._root.absolute()).as_posix()


def ask_all(side: Spanwise | Haystack, questions: Sequence[Question]) -> Iterator[Asked]:
    """Ask questions one by one, the first of them once before, so that nothing has to be loaded in a measured one."""
    side.ask(questions[0])
    for question in questions:
        yield side.ask(question)
