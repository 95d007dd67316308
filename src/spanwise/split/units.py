"""The smallest parts that passages are packed from: sentences, and pieces of sentences that are long."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from spanwise.text.sentences import Level, breaks

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST_PIECE = 1000  # characters handed to the tokenizer at once; a text without any break stays within memory
TOKENIZED_AT_ONCE = 4096
WHITESPACE = re.compile(r"\s+")


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


def units(text: str, tokenizer: "Tokenizer", max_tokens: int) -> list[Unit]:
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
