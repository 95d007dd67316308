"""A passage's tokens and the characters they stand for."""

import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.read.blocks import block_starts
from spanwise.text.graphemes import clusters

if TYPE_CHECKING:
    from tokenizers import Encoding

Offsets = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Entry c is whether chr(c) is whitespace; the last entry, the first beyond all whitespace, stands for the rest.
_BEYOND = 0x3001
_IS_BLANK = np.array([chr(code).isspace() for code in range(_BEYOND + 1)])
_ASCII_SAYS = np.array([*(chr(code).isalnum() for code in range(128)), False])  # and all others
_PICTURES = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f1e6-\U0001faff]")


class TokenizedPassage:
    """
    A passage, its tokens, and where the words of each token begin and end.

    :param encoding: The passage's own encoding, without special tokens.
    """

    def __init__(self, text: str, encoding: "Encoding") -> None:
        self.text = text
        self._encoding = encoding
        self.ids: list[int] = encoding.ids

    @cached_property
    def offsets(self) -> list[tuple[int, int]]:
        """Where each token begins and ends, in characters of `text`."""
        offsets: list[tuple[int, int]] = self._encoding.offsets
        return offsets

    @cached_property
    def word_ids(self) -> list[int | None]:
        """The number of the word that each token belongs to, as the tokenizer splits words."""
        word_ids: list[int | None] = self._encoding.word_ids
        return word_ids

    @cached_property
    def words(self) -> tuple[Offsets, Offsets]:
        """
        For each token, where an answer that starts with it begins, and where one that ends with it ends.

        Some tokens hold the space before their word, some are a space; an answer begins and ends with neither. Nor does
        it begin or end within what is read as one character, as a letter and its accent. From token i to token j there
        are no words where begins[i] >= ends[j].

        :returns: Begins and ends in characters of `text`. *Shape:* (n_tokens,) each.
        """
        offsets = np.array(self.offsets, dtype=np.int64).reshape(-1, 2)
        blank = _IS_BLANK[np.minimum(self._codes, _BEYOND)]
        # next_word[i]: the first character of a word at or after i; word_end[i]: the end of the last word before i
        places = np.arange(len(blank))
        next_word = np.append(np.minimum.accumulate(np.where(blank, len(blank), places)[::-1])[::-1], len(blank))
        word_end = np.append(0, np.maximum.accumulate(np.where(blank, 0, places + 1)))
        for start, end in clusters(self.text):
            next_word[start:end] = start
            word_end[start + 1 : end + 1] = end
        begins, ends = offsets.T
        return next_word[begins], word_end[ends]

    @cached_property
    def bounds(self) -> tuple[Offsets, Offsets]:
        """
        For each token, where an answer that starts with it ends at the earliest, and where at the latest.

        It holds a letter, a digit or a picture, and does not leave the paragraph, heading, list item or table row that
        it begins in.

        :returns: Earliest and latest ends in characters of `text`. *Shape:* (n_tokens,) each.
        """
        begins, _ = self.words
        end = len(self.text)
        starts = np.array(block_starts(self.text), dtype=np.int64)
        return _first_from(np.flatnonzero(self._says), begins, end) + 1, _first_from(starts, begins + 1, end)

    @cached_property
    def _codes(self) -> NDArray[np.uint32]:
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype="<u4")

    @property
    def _says(self) -> Flags:
        """Whether each character can be an answer by itself, which no punctuation can."""
        says = _ASCII_SAYS[np.minimum(self._codes, 128)]
        if not self.text.isascii():
            others = np.flatnonzero(self._codes >= 128)
            says[others] = [self.text[place].isalnum() for place in others]
            says[[match.start() for match in _PICTURES.finditer(self.text)]] = True
        return says


def _first_from(marks: Offsets, places: Offsets, end: int) -> Offsets:
    """Return for each place the first of ascending marks at it or behind it, `end` if there is none."""
    if not len(marks):
        return np.full(len(places), end)
    return np.append(marks, end)[np.searchsorted(marks, places)]
