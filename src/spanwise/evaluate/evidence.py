"""Where in an index the right answer to a question stands."""

import re
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from spanwise.evaluate.squad_metric import holds_words, normalized
from spanwise.index.index import Index
from spanwise.squad.questions import Question
from spanwise.types import Passage

_WORD = re.compile(r"\w+")
_BETWEEN = " \n "  # no phrase holds it

Offsets = tuple[int, int]

AROUND = 8  # words on each side of an answer by which it is found where its context does not stand as a whole


class IndexTexts:
    """
    The texts of an index, to find right answers in; what was computed once is kept.

    It gives the passages of a file (`passages`), its normalized text (`normalized`), and every place of a phrase
    (`find`): the file, and the number of the phrase's first word in it.

    :param index: An open index.
    """

    def __init__(self, index: Index) -> None:
        self.sources = {file: index.source(file).text for file in map(index.roots.shown, index.files())}
        stored = index.roots.stored
        self.passages = cache(lambda file: [replace(one, file=file) for one in index.passages_of(stored(file))])
        self.normalized = cache(lambda file: normalized(self.sources[file]))
        self.find = cache(lambda phrase: list(self.search.find(phrase)))

    @cached_property
    def search(self) -> "PhraseSearch":
        """Finds phrases in the source texts."""
        return PhraseSearch(self.sources)


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

    places: dict[str, list[Offsets]]

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


def _places(question: Question, context: str, texts: IndexTexts) -> dict[str, list[Offsets]]:
    words = Words(context)
    answers = [words.within(start, end) for start, end in _spans_in(question, context)]
    answers = [(first, stop) for first, stop in answers if first < stop]
    places: dict[str, list[Offsets]] = defaultdict(list)
    for file, at in texts.find(words.phrase(0, len(words))):
        for first, stop in answers:
            places[file].append(texts.search.span(file, at + first, at + stop))
    if not places:
        for first, stop in answers:
            begin = max(0, first - AROUND)
            for file, at in texts.find(words.phrase(begin, stop + AROUND)):
                places[file].append(texts.search.span(file, at + first - begin, at + stop - begin))
    return dict(places)


def _spans_in(question: Question, context: str) -> list[Offsets]:
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


class Words:
    """
    The words of a text, and where they stand in it.

    >>> words = Words("- the  (big) dog")
    >>> words.phrase(*words.within(4, 11)), words.span(1, 2)
    ('the big', (8, 11))
    """

    def __init__(self, text: str) -> None:
        found = [(match[0], *match.span()) for match in _WORD.finditer(text)]
        self._words = [word for word, _, _ in found]
        self._begins = [begin for _, begin, _ in found]
        self._ends = [end for _, _, end in found]

    def __len__(self) -> int:
        return len(self._words)

    def phrase(self, first: int, stop: int) -> str:
        """Return the words from number `first` up to number `stop`, with single spaces."""
        return " ".join(self._words[max(0, first) : stop])

    def within(self, start: int, end: int) -> Offsets:
        """Return the numbers of the words that `text[start:end]` touches: the first, and that after the last."""
        return bisect_right(self._ends, start), bisect_left(self._begins, end)

    def span(self, first: int, stop: int) -> Offsets:
        """Return where the words from number `first` up to number `stop` stand in the text, in characters."""
        return self._begins[first], self._ends[stop - 1]


class PhraseSearch:
    """
    Finds phrases in many texts at once.

    :param texts: The text of each file.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._files = list(texts)
        self._words: dict[str, Words] = {}
        phrases = [" ".join(_WORD.findall(text)) for text in texts.values()]
        self._joined = f" {_BETWEEN.join(phrases)} "
        self._starts: list[int] = []
        at = 1
        for phrase in phrases:
            self._starts.append(at)
            at += len(phrase) + len(_BETWEEN)

    def find(self, phrase: str) -> Iterator[tuple[str, int]]:
        """
        Yield every place of a phrase: the file, and the number of the phrase's first word in it.

        :param phrase: Words with single spaces between them.
        """
        at = self._joined.find(f" {phrase} ") if phrase else -1
        while at >= 0:
            number = bisect_right(self._starts, at + 1) - 1
            yield self._files[number], self._joined.count(" ", self._starts[number], at + 1)
            at = self._joined.find(f" {phrase} ", at + 1)

    def span(self, file: str, first: int, stop: int) -> Offsets:
        """Return where words stand in a file's text, in characters."""
        if file not in self._words:
            self._words[file] = Words(self._texts[file])
        return self._words[file].span(first, stop)
