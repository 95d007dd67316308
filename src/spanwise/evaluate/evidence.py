"""Where in an index the right answer to a question stands."""

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice

from spanwise.evaluate.squad_metric import holds_words, normalized
from spanwise.index.index import Index
from spanwise.squad.questions import Question
from spanwise.types import Passage

_WORD = re.compile(r"\w+")

CharacterRange = tuple[int, int]

AROUND = 8  # words on each side of an answer by which it is found where its context does not stand as a whole


class IndexTexts:
    """
    The texts of an index, to find right answers in; what was computed once is kept.

    It gives the passages of a file (`passages`) and its normalized text (`normalized`).

    :param index: An open index.
    """

    def __init__(self, index: Index) -> None:
        self.sources = {file: index.source(file).text for file in map(index.roots.shown, index.files())}
        stored = index.roots.stored
        self.passages = cache(lambda file: [replace(one, file=file) for one in index.passages_of(stored(file))])
        self.normalized = cache(lambda file: normalized(self.sources[file]))
        self._words = cache(lambda file: f" {' '.join(_WORD.findall(self.sources[file]))} ")
        self._find = cache(lambda words: list(self._found(words)))

    def spans(self, words: Sequence[str], first: int, stop: int) -> Iterator[tuple[str, CharacterRange]]:
        """
        Yield every place where words follow one another, whatever stands between them.

        :returns: The file, and where the words from number `first` up to number `stop` stand in its text.
        """
        for file, start in self._find(tuple(words)):
            found = list(islice(_WORD.finditer(self.sources[file], start), stop))
            yield file, (found[first].start(), found[-1].end())

    def _found(self, words: tuple[str, ...]) -> Iterator[tuple[str, int]]:
        if not words:
            return
        phrase, pattern = " ".join(words), re.compile(r"\b(?=" + r"\W+".join(words) + r"\b)")
        for file, text in self.sources.items():
            if f" {phrase} " in self._words(file):
                yield from ((file, match.start()) for match in pattern.finditer(text))


@dataclass(frozen=True)
class Evidence(ABC):
    """Where in the texts of an index the right answers to a question stand."""

    texts: IndexTexts = field(repr=False)

    @abstractmethod
    def holds(self, passage: Passage) -> bool:
        """Whether a passage has a right answer in its right place."""

    @abstractmethod
    def files(self) -> Sequence[str]:
        """Return the files whose stored source text has a right answer in its right place."""

    @property
    def in_source(self) -> bool:
        """Whether a right answer stands in a stored source text."""
        return bool(self.files())

    @property
    def in_passages(self) -> bool:
        """Whether it stands in a passage of the index."""
        return any(self.holds(passage) for file in self.files() for passage in self.texts.passages(file))


@dataclass(frozen=True)
class PlacedEvidence(Evidence):
    """Right answers in their places: spans of source texts, by file."""

    places: dict[str, list[CharacterRange]]

    def holds(self, passage: Passage) -> bool:
        """Whether a passage overlaps a place."""
        return any(passage.start < end and start < passage.end for start, end in self.places.get(passage.file, ()))

    def files(self) -> Sequence[str]:
        """Return the files with a place."""
        return list(self.places)


@dataclass(frozen=True)
class WordEvidence(Evidence):
    """Right answers wherever they stand as whole words, in one file or in any; they are normalized."""

    answers: tuple[str, ...]
    file: str | None

    def holds(self, passage: Passage) -> bool:
        """Whether a passage has a right answer."""
        return self.file in {None, passage.file} and self._stands_in(normalized(passage.text))

    def files(self) -> Sequence[str]:
        """Return the files with a right answer."""
        among = [file for file in self.texts.sources if self.file in {None, file}]
        return [file for file in among if self._stands_in(self.texts.normalized(file))]

    def _stands_in(self, words: str) -> bool:
        return any(holds_words(words, answer) for answer in self.answers)


def find_evidence(question: Question, texts: IndexTexts) -> Evidence:
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
        return WordEvidence(texts, answers, question.file)
    return PlacedEvidence(texts, _places(question, question.context, texts))


def _places(question: Question, context: str, texts: IndexTexts) -> dict[str, list[CharacterRange]]:
    words = list(_WORD.finditer(context))
    said = [word[0] for word in words]
    touched = [
        [number for number, word in enumerate(words) if word.end() > start and word.start() < end]
        for start, end in _spans_in(question, context)
    ]
    answers = [(numbers[0], numbers[-1] + 1) for numbers in touched if numbers]
    places: dict[str, list[CharacterRange]] = defaultdict(list)
    for first, stop in answers:
        for file, span in texts.spans(said, first, stop):
            places[file].append(span)
    if not places:
        for first, stop in answers:
            begin = max(0, first - AROUND)
            for file, span in texts.spans(said[begin : stop + AROUND], first - begin, stop - begin):
                places[file].append(span)
    return dict(places)


def _spans_in(question: Question, context: str) -> list[CharacterRange]:
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
