"""Where in an index the right answer to a question stands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from spanwise.evaluate.right import holds_words
from spanwise.evaluate.squad_metric import normalized
from spanwise.evaluate.words import PhraseSearch, Span, Words
from spanwise.index.index import Index
from spanwise.squad import Question
from spanwise.types import Passage

AROUND = 8  # words on each side of an answer by which it is found where its context does not stand as a whole


class Evidence(Protocol):
    """What tells a passage with the right answer from others."""

    def holds(self, passage: Passage) -> bool:
        """Whether a passage has the right answer in its right place."""
        ...

    @property
    def in_source(self) -> bool:
        """Whether the right answer stands in a stored source text."""
        ...

    @property
    def in_passages(self) -> bool:
        """Whether it stands in a passage of the index."""
        ...


class Library:
    """
    The texts of an index, to find right answers in.

    :param index: An open index.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self.sources = {file: index.source(file).text for file in index.files()}
        self._passages: dict[str, list[Passage]] = {}
        self._normalized: dict[str, str] = {}
        self._contexts: dict[str, list[tuple[str, int]]] = {}

    @cached_property
    def search(self) -> PhraseSearch:
        """Finds phrases in the source texts."""
        return PhraseSearch(self.sources)

    def passages(self, file: str) -> list[Passage]:
        """Return the passages of a file."""
        if file not in self._passages:
            self._passages[file] = self._index.passages_of(file)
        return self._passages[file]

    def normalized(self, file: str) -> str:
        """Return the normalized text of a file."""
        if file not in self._normalized:
            self._normalized[file] = normalized(self.sources[file])
        return self._normalized[file]

    def find_context(self, phrase: str) -> list[tuple[str, int]]:
        """Return every place of a context's words: the file, and the number of the first word in it."""
        if phrase not in self._contexts:
            self._contexts[phrase] = list(self.search.find(phrase))
        return self._contexts[phrase]


def find_evidence(question: Question, library: Library) -> Evidence:
    """
    Find where the right answer to a question stands.

    Where the question has a context, that is where the context's words stand in a source text, or else where the
    answer's stand with 8 words of the context on each side.
    Where it has none, it is any place where a right answer stands as whole words, once both are normalized, in the
    question's "file" if it names one.

    :param question: One that has an answer.
    """
    if question.context is None:
        answers = tuple(filter(None, map(normalized, question.golds)))
        return WordEvidence(answers, question.file, library)
    return PlacedEvidence(_places(question, question.context, library), library)


@dataclass(frozen=True)
class PlacedEvidence:
    """Right answers in their places: spans of source texts, by file."""

    places: dict[str, list[Span]]
    library: Library = field(repr=False)

    def holds(self, passage: Passage) -> bool:
        """Whether a passage overlaps a place."""
        return any(passage.start < end and start < passage.end for start, end in self.places.get(passage.file, ()))

    @property
    def in_source(self) -> bool:
        """Whether there is a place."""
        return bool(self.places)

    @property
    def in_passages(self) -> bool:
        """Whether a passage of the index overlaps a place."""
        return any(self.holds(passage) for file in self.places for passage in self.library.passages(file))


@dataclass(frozen=True)
class WordEvidence:
    """Right answers wherever they stand as whole words, in one file or in any; they are normalized."""

    answers: tuple[str, ...]
    file: str | None
    library: Library = field(repr=False)

    def holds(self, passage: Passage) -> bool:
        """Whether a passage has a right answer."""
        if self.file is not None and passage.file != self.file:
            return False
        return self._stands_in(normalized(passage.text))

    @property
    def in_source(self) -> bool:
        """Whether a source text has a right answer."""
        return bool(self._files())

    @property
    def in_passages(self) -> bool:
        """Whether a passage of the index has a right answer."""
        return any(self.holds(passage) for file in self._files() for passage in self.library.passages(file))

    def _files(self) -> list[str]:
        among: Sequence[str] = list(self.library.sources) if self.file is None else [self.file]
        known = [file for file in among if file in self.library.sources]
        return [file for file in known if self._stands_in(self.library.normalized(file))]

    def _stands_in(self, words: str) -> bool:
        return any(holds_words(words, answer) for answer in self.answers)


def _places(question: Question, context: str, library: Library) -> dict[str, list[Span]]:
    words = Words(context)
    answers = [words.within(start, end) for start, end in _spans_in(question, context)]
    answers = [(first, stop) for first, stop in answers if first < stop]
    places: dict[str, list[Span]] = defaultdict(list)
    for file, at in library.find_context(words.phrase(0, len(words))):
        for first, stop in answers:
            places[file].append(library.search.span(file, at + first, at + stop))
    if not places:
        for first, stop in answers:
            begin = max(0, first - AROUND)
            for file, at in library.search.find(words.phrase(begin, stop + AROUND)):
                places[file].append(library.search.span(file, at + first - begin, at + stop - begin))
    return dict(places)


def _spans_in(question: Question, context: str) -> list[Span]:
    """Return where the answers stand in the context: where the file says, else wherever, else all of it."""
    given = {(answer.start, answer.start + len(answer.text)) for answer in question.answers if answer.start is not None}
    given = {(start, end) for start, end in given if context[start:end].strip()}
    if not given:
        for answer in filter(str.strip, question.golds):
            at = context.find(answer)
            while at >= 0:
                given.add((at, at + len(answer)))
                at = context.find(answer, at + 1)
    return sorted(given) or [(0, len(context))]
