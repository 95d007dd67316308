"""Cut a source text into passages that the embedder sees whole."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from spanwise.text.sentences import Level, breaks
from spanwise.types import Passage, SourceText

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FULL_ENOUGH = {Level.PARAGRAPH: 0.6, Level.SENTENCE: 0.4}  # share of max_tokens from which such an end is taken
MAX_CHARACTERS_PER_TOKEN = 12
CHECKED_AT_ONCE = 1024
LONGEST_PIECE = 1000  # characters handed to the tokenizer at once; a text without any break stays within memory
TOKENIZED_AT_ONCE = 4096
WHITESPACE = re.compile(r"\s+")
LONGEST_BLOCK = 2_000_000  # characters cut at once: what a text of any length takes of memory


@dataclass(frozen=True, slots=True)
class SplitterSettings:
    """
    How source texts are cut; recorded in the index.

    :param max_tokens: Most tokens of a passage by the embedder's tokenizer, special tokens included.
    :param overlap_tokens: Most tokens that a passage repeats of the one before it.
    """

    max_tokens: int = 192
    overlap_tokens: int = 32

    def __post_init__(self) -> None:
        if not 0 <= self.overlap_tokens < self.max_tokens // 2:
            msg = (
                f"expected 0 <= overlap_tokens < max_tokens / 2, found overlap_tokens={self.overlap_tokens} "
                f"with max_tokens={self.max_tokens}"
            )
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Unit:
    """
    A stretch of text with the whitespace behind it.

    :param level: How good a place its end is to end a passage.
    :param tokens: Tokens in it, without special tokens.
    """

    start: int
    end: int
    level: Level
    tokens: int


class Splitter:
    """
    Cuts texts at paragraph ends, else at sentence ends, else between words.

    :param tokenizer: The embedder's tokenizer, without truncation.
    :param settings: Sizes, in tokens.
    :raises ValueError: If a passage would have no room beside its special tokens.
    """

    def __init__(self, tokenizer: "Tokenizer", settings: SplitterSettings) -> None:
        self.settings = settings
        self._tokenizer = tokenizer
        special = tokenizer.num_special_tokens_to_add(is_pair=False)
        self._room = settings.max_tokens - special
        if self._room < 1:
            msg = f"expected max_tokens above the {special} special tokens of a passage, found {settings.max_tokens}"
            raise ValueError(msg)

    def serialized(self) -> str | None:
        """Return the tokenizer as JSON, or None for one that is made of Python code."""
        try:
            return str(self._tokenizer.to_str())
        except Exception:  # what `tokenizers` raises is no narrower
            return None

    def split(self, source: SourceText) -> list[Passage]:
        """
        Cut one source text.

        :returns: Passages in the order of the text, without the whitespace at their ends. Together they hold all of
            the text but whitespace and the parts that are left out.
        """
        found = []
        for start, end in self._slices_between(source):
            text = source.text[start:end]
            stripped = text.strip()
            if stripped:
                begin = start + text.index(stripped)
                found.append(
                    Passage(
                        file=source.file,
                        start=begin,
                        end=begin + len(stripped),
                        text=stripped,
                        page=source.page_at(begin),
                        title=source.title,
                    )
                )
        return found

    def _slices_between(self, source: SourceText) -> Iterator[tuple[int, int]]:
        """Yield the slices of what stands between the parts that are left out."""
        begin = 0
        for part in sorted((part for part in source.parts if part.kind == "left_out"), key=lambda part: part.start):
            yield from self._slices_of_blocks(source.text, begin, part.start)
            begin = max(begin, part.end)
        yield from self._slices_of_blocks(source.text, begin, len(source.text))

    def _slices_of_blocks(self, text: str, begin: int, stop: int) -> Iterator[tuple[int, int]]:
        while begin < stop:
            end = stop if stop - begin <= LONGEST_BLOCK else _block_end(text, begin, begin + LONGEST_BLOCK)
            yield from ((begin + first, begin + last) for first, last in self._slices(text[begin:end]))
            begin = end

    def _slices(self, text: str) -> Iterator[tuple[int, int]]:
        parts = _units(text, self._tokenizer, max(1, self.settings.overlap_tokens, self._room // 4))
        sums = [0, *accumulate(part.tokens for part in parts)]
        ranges = []
        begin = end = 0
        while begin < len(parts):
            end = self._passage_end(parts, sums, begin, end)
            ranges.append((begin, end))
            begin = end if end == len(parts) else self._next_begin(parts, sums, begin, end)
        for first in range(0, len(ranges), CHECKED_AT_ONCE):
            yield from self._checked(text, parts, ranges[first : first + CHECKED_AT_ONCE])

    def _passage_end(self, parts: list[Unit], sums: list[int], begin: int, previous: int) -> int:
        """Return the best end of a passage that begins at `begin` and goes on beyond the `previous` one's end."""
        limit = parts[begin].start + self._room * MAX_CHARACTERS_PER_TOKEN
        end = begin + 1
        while end < len(parts) and sums[end + 1] - sums[begin] <= self._room and parts[end].end <= limit:
            end += 1
        if end == len(parts):
            return end
        for level, share in FULL_ENOUGH.items():
            for candidate in range(end, max(begin, previous), -1):
                if sums[candidate] - sums[begin] < share * self._room:
                    break
                if parts[candidate - 1].level >= level:
                    return candidate
        return end

    def _next_begin(self, parts: list[Unit], sums: list[int], begin: int, end: int) -> int:
        """Step back from `end` by at most the overlap, to the start of a sentence where there is one."""
        earliest = end
        while earliest - 1 > begin and sums[end] - sums[earliest - 1] <= self.settings.overlap_tokens:
            earliest -= 1
        starts = (index for index in range(earliest, end) if parts[index - 1].level >= Level.SENTENCE)
        return next(starts, earliest)

    def _checked(self, text: str, parts: list[Unit], ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Halve passages whose tokens are more than their units' together, which some tokenizers bring about."""
        bounds = [(parts[begin].start, parts[end - 1].end) for begin, end in ranges]
        texts = [text[start:stop] for start, stop in bounds]
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        for (begin, end), bound, encoding in zip(ranges, bounds, encodings, strict=True):
            if end - begin == 1 or len(encoding) <= self._room:
                yield bound
            else:
                middle = (begin + end) // 2
                yield from self._checked(text, parts, [(begin, middle), (middle, end)])


def _units(text: str, tokenizer: "Tokenizer", max_tokens: int) -> list[Unit]:
    """
    Cut a text into sentences, and sentences of more than `max_tokens` into pieces between words.

    :returns: Units in the order of the text, without gaps.
    """
    found: list[Unit] = []
    stretches = _stretches(text)
    while part := list(islice(stretches, TOKENIZED_AT_ONCE)):
        found.extend(_count(text, part, tokenizer, max_tokens))
    return found


def _stretches(text: str) -> Iterator[tuple[int, int, Level]]:
    start = 0
    for end, level in [*breaks(text), (len(text), Level.PARAGRAPH)]:
        while end - start > LONGEST_PIECE:
            cut = _last_gap(text, start, start + LONGEST_PIECE)
            yield start, cut, Level.PIECE
            start = cut
        if end > start:
            yield start, end, level
        start = end


def _last_gap(text: str, start: int, end: int) -> int:
    """Return where the last word that fits begins, or `end` where a single word fills the stretch."""
    newline = text.rfind("\n", start + 1, end)
    if newline > start + (end - start) // 2:
        return newline + 1
    gaps = [match.end() for match in WHITESPACE.finditer(text, start + 1, end)]
    return gaps[-1] if gaps else end


def _count(
    text: str, stretches: list[tuple[int, int, Level]], tokenizer: "Tokenizer", max_tokens: int
) -> Iterator[Unit]:
    texts = [text[start:end] for start, end, _ in stretches]
    for part, (start, end, level), encoding in zip(
        texts, stretches, tokenizer.encode_batch_fast(texts, add_special_tokens=False), strict=True
    ):
        if len(encoding) <= max_tokens:
            yield Unit(start, end, level, len(encoding))
        else:  # the slow form keeps character offsets
            slow = tokenizer.encode(part, add_special_tokens=False)
            yield from _pieces(start, end, level, slow.offsets, slow.word_ids, max_tokens)


def _pieces(
    start: int, end: int, level: Level, offsets: list[tuple[int, int]], words: list[int | None], max_tokens: int
) -> Iterator[Unit]:
    begin = 0
    while begin < len(offsets):
        stop = min(begin + max_tokens, len(offsets))
        cut = stop
        while cut < len(offsets) and cut > begin and words[cut] == words[cut - 1]:
            cut -= 1
        stop = cut if cut > begin else stop
        first = start if begin == 0 else start + offsets[begin][0]
        last = stop == len(offsets)
        yield Unit(first, end if last else start + offsets[stop][0], level if last else Level.PIECE, stop - begin)
        begin = stop


def _block_end(text: str, begin: int, end: int) -> int:
    """Return where the last paragraph that fits ends; without one where the last line or word does, or `end`."""
    for gap in ("\n\n", "\n", " "):
        found = text.rfind(gap, begin + (end - begin) // 2, end)
        if found >= 0:
            return found + len(gap)
    return end
