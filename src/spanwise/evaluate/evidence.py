"""Where in an index the right answer to a question stands."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
class Evidence:
    """
    Where in the texts of an index the right answers to a question stand.

    :param places: Spans of source texts, by file; of a question with a context.
    :param words: Else right answers, normalized, wherever they stand as whole words.
    :param file: The only file that counts for these; None for any.
    """

    texts: IndexTexts = field(repr=False)
    places: Mapping[str, Sequence[CharacterRange]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    file: str | None = None

    def holds(self, passage: Passage) -> bool:
        """Whether a passage has a right answer in its right place: overlaps it, or has its words."""
        if self.words:
            return self.file in {None, passage.file} and self._stands_in(normalized(passage.text))
        return any(passage.start < end and start < passage.end for start, end in self.places.get(passage.file, ()))

    @property
    def files(self) -> list[str]:
        """The files whose stored source text has a right answer in its right place."""
        among = [file for file in self.texts.sources if self.words and self.file in {None, file}]
        return [*self.places, *(file for file in among if self._stands_in(self.texts.normalized(file)))]

    @property
    def in_source(self) -> bool:
        """Whether a right answer stands in a stored source text."""
        return bool(self.files)

    @property
    def in_passages(self) -> bool:
        """Whether it stands in a passage of the index."""
        return any(self.holds(passage) for file in self.files for passage in self.texts.passages(file))

    def _stands_in(self, text: str) -> bool:
        return any(holds_words(text, words) for words in self.words)


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
        words = tuple(filter(None, map(normalized, question.golds)))
        return Evidence(texts, words=words, file=question.file)
    return Evidence(texts, _places(question, question.context, texts))


def _places(question: Question, context: str, texts: IndexTexts) -> dict[str, list[CharacterRange]]:
    words = list(_WORD.finditer(context))
    said = [word[0] for word in words]
    touched = [
        [number for number, word in enumerate(words) if word.end() > start and word.start() < end]
        for start, end in _spans_in(question, context)
    ]
    answers = [(numbers[0], numbers[-1] + 1) for numbers in touched if numbers]
    places: dict[str, list[CharacterRange]] = defaultdict(list)
    for around in (len(said), AROUND):  # the whole context, and if it stands nowhere, what is around the answer
        if not places:
            for first, stop in answers:
                begin = max(0, first - around)
                for file, span in texts.spans(said[begin : stop + around], first - begin, stop - begin):
                    places[file].append(span)
    return places


def _spans_in(question: Question, context: str) -> list[CharacterRange]:
    """Return where the answers stand in the context: where the file says, else wherever, else all of it."""
    given = {(answer.start, answer.start + len(answer.text)) for answer in question.answers if answer.start is not None}
    given = {(start, end) for start, end in given if context[start:end].strip()}
    if not given:
        for answer in filter(str.strip, question.golds):
            found = re.finditer(f"(?={re.escape(answer)})", context)
            given |= {(match.start(), match.start() + len(answer)) for match in found}
    return sorted(given) or [(0, len(context))]
