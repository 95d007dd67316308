"""What a service needs of a corpus: the only file of the service that knows how a corpus keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any

from spanwise.answer.result_json import search_json
from spanwise.errors import UsageError
from spanwise.index import FileRecord, Index
from spanwise.pipeline.corpus import Corpus
from spanwise.serve.http.replies import RequestRefusedError
from spanwise.types import QueryResult, SourceText


@dataclass(frozen=True, slots=True)
class AskSettings:
    """
    How questions are asked; those that are asked alike can be read together.

    :param filters: Globs on file paths.
    :param threshold: Confidence in [0, 1] below which to abstain; None takes the reader's own.
    """

    filters: tuple[str, ...] | None = None
    top_k: int = 5
    passages: int = 20
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """
    The documents of one generation.

    :param files: By their ids, in the order of their paths; each has the name by which it is shown.
    """

    index: Index
    generation: int
    files: dict[str, FileRecord]


@dataclass(frozen=True, slots=True)
class Stored:
    """
    A document as it is stored.

    :param path: Where its file should be, or None where that is not known.
    """

    generation: int
    source: SourceText
    path: Path | None


class Library:
    """
    A corpus as the service sees it; threads may share it.

    :param corpus: Its index need not exist yet.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self._listing: Listing | None = None

    def warm_up(self) -> None:
        """
        Load what the first question needs of the index.

        :raises SpanwiseError: If there is no index, or its embedder cannot be loaded.
        """
        self.corpus.encoder.encode_queries(["warm up"])
        self.listing()

    def ask(self, questions: Sequence[str], asked: AskSettings) -> list[QueryResult]:
        """Answer questions; see `Corpus.ask_many`."""
        return self.corpus.ask_many(
            questions, asked.filters, top_k=asked.top_k, passages=asked.passages, threshold=asked.threshold
        )

    def search(self, query: str, filters: Sequence[str] | None, top_k: int) -> dict[str, Any]:
        """Find passages; the best first."""
        return search_json(self.corpus.search(query, filters, top_k=top_k))

    def listing(self) -> Listing:
        """
        Return the documents of the newest generation.

        :raises IndexStateError: If there is no index, or it is damaged.
        """
        index, known = self.corpus.index, self._listing
        with index.pinned() as snapshot:
            if known is not None and known.index is index and known.generation == snapshot.generation:
                return known
            shown, records = snapshot.roots.shown, snapshot.files().items()
            files = {document_id(file): replace(record, file=shown(file)) for file, record in records}
            self._listing = found = Listing(index, snapshot.generation, files)
        return found

    def document(self, identity: str) -> Stored:
        """
        Return a document by its id.

        :raises RequestRefusedError: If the index holds none of this id.
        """
        record = self.listing().files.get(identity)
        with self.corpus.index.pinned() as snapshot:
            generation, roots = snapshot.generation, snapshot.roots
            stored = "" if record is None else roots.stored(record.file)
            source = snapshot.sources([stored]).get(stored)  # None if it has left the index since it was listed
        if source is None:
            msg = f"no document has the id {identity!r}; /documents lists those there are"
            raise RequestRefusedError(404, msg)
        shown = replace(source, file=roots.shown(source.file))
        return Stored(generation, shown, roots.place_of(source.file))

    def find(self, file: str) -> Stored:
        """
        Return a document by its path, as answers cite it.

        :raises RequestRefusedError: If the index holds none; the message suggests near ones.
        """
        files, identity = self.listing().files, document_id(self.corpus.index.roots.stored(file))
        if identity not in files:
            near = get_close_matches(file, [record.file for record in files.values()], n=3, cutoff=0.4)
            hint = f"did you mean {' or '.join(near)}?" if near else "search finds the paths that there are"
            msg = f"no document of the index is {file}; {hint}"
            raise RequestRefusedError(404, msg)
        return self.document(identity)


def document_id(file: str) -> str:
    """Return the id of a document from its stored name; it says nothing of where it lies."""
    return sha256(b"document\0" + file.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def pages_of(source: SourceText) -> list[dict[str, Any]] | None:
    """Return a document's physical pages as ranges of its text, or None where it has none."""
    starts = source.page_starts
    if starts is None:
        return None
    labels = source.page_labels or (None,) * len(starts)
    bounds = zip(starts, [*starts[1:], len(source.text)], labels, strict=True)
    return [{"page": page, "label": label, "start": a, "end": b} for page, (a, b, label) in enumerate(bounds, 1)]


def part_of(
    stored: Stored, start: int, end: int | None, most: int, within: tuple[int, int] | None = None
) -> dict[str, Any]:
    """
    Return a stretch of a document's text, and what it is one of.

    :param end: None for as much as there may be.
    :param most: Characters at most.
    :param within: The range of the text that it is not to leave; None for all of it.
    :raises UsageError: If nothing of that range is between start and end.
    """
    source = stored.source
    begins, ends = (0, len(source.text)) if within is None else within
    first, last = max(begins, start), ends if end is None else min(ends, end)
    if first > last:
        msg = (
            f"expected a start and a later end from {begins} to {ends}, found {start} and "
            f"{'none' if end is None else end}; they count from the start of the document, not of a page; leave them "
            "out for all of it"
        )
        raise UsageError(msg)
    last = min(last, first + most)
    whole = {"file": source.file, "title": source.title, "generation": stored.generation, "length": len(source.text)}
    return {**whole, "start": first, "end": last, "text": source.text[first:last]}


def sections_of(source: SourceText) -> list[dict[str, Any]]:
    """Return a document's headings, sheets and slides as ranges of its text, in the order of their beginnings."""
    return [
        {"kind": part.kind, "title": part.value, "start": part.start, "end": part.end}
        for part in source.parts
        if part.kind in {"heading", "sheet", "slide"}
    ]
