"""A passage's tokens and the characters they stand for."""

import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.blocks import block_starts
from spanwise.graphemes import clusters

if TYPE_CHECKING:
    from tokenizers import Encoding

Offsets = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Entry c is whether chr(c) is whitespace; the last entry, the first beyond all whitespace, stands for the rest.
_BEYOND = 0x3001
_IS_BLANK = np.array([chr(code).isspace() for code in range(_BEYOND + 1)])
_ASCII_SAYS = np.array([chr(code).isalnum() for code in range(128)])
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
        next_word = _next(~blank)
        word_end = np.append(0, np.maximum.accumulate(np.where(blank, 0, np.arange(1, len(blank) + 1))))
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
        starts = np.array([*block_starts(self.text), len(self.text)], dtype=np.int64)
        block_ends = np.append(starts, len(self.text))[np.searchsorted(starts, begins, side="right")]
        return _next(self._says)[begins] + 1, block_ends

    @cached_property
    def _codes(self) -> NDArray[np.uint32]:
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype="<u4")

    @property
    def _says(self) -> Flags:
        """Whether each character can be an answer by itself, which no punctuation can."""
        if self.text.isascii():
            return np.asarray(_ASCII_SAYS[self._codes])
        says = np.fromiter(map(str.isalnum, self.text), dtype=np.bool_, count=len(self.text))
        says[[match.start() for match in _PICTURES.finditer(self.text)]] = True
        return says


def _next(flags: Flags) -> Offsets:
    """Return for each place, and for the one behind the last, the first from it on whose flag is set, else the end."""
    size = len(flags)
    places = np.append(np.where(flags, np.arange(size), size), size)
    return np.minimum.accumulate(places[::-1])[::-1].copy()
