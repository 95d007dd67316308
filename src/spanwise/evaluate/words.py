"""Texts compared by their words alone, whatever converters make of white space, list marks and punctuation."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping

_WORD = re.compile(r"\w+")
_BETWEEN = " \n "  # no phrase holds it

Span = tuple[int, int]


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

    def within(self, start: int, end: int) -> Span:
        """Return the numbers of the words that `text[start:end]` touches: the first, and that after the last."""
        return bisect_right(self._ends, start), bisect_left(self._begins, end)

    def span(self, first: int, stop: int) -> Span:
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

    def span(self, file: str, first: int, stop: int) -> Span:
        """Return where words stand in a file's text, in characters."""
        if file not in self._words:
            self._words[file] = Words(self._texts[file])
        return self._words[file].span(first, stop)
