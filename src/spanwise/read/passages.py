"""A passage's tokens and the characters they stand for."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Encoding

Offsets = NDArray[np.int64]

# Entry c is whether chr(c) is whitespace; the last entry, the first beyond all whitespace, stands for the rest.
_BEYOND = 0x3001
_IS_BLANK = np.array([chr(code).isspace() for code in range(_BEYOND + 1)])


class TokenizedPassage:
    """
    A passage, its tokens, and where the words of each token begin and end.

    :param encoding: The passage's own encoding, without special tokens.
    """

    def __init__(self, text: str, encoding: "Encoding") -> None:
        self.text = text
        self.encoding = encoding
        self.ids: list[int] = encoding.ids

    @cached_property
    def words(self) -> tuple[Offsets, Offsets]:
        """
        For each token, where an answer that starts with it begins, and where one that ends with it ends.

        Some tokens hold the space before their word, some are a space; an answer begins and ends with neither. From
        token i to token j there are no words where begins[i] >= ends[j].

        :returns: Begins and ends in characters of `text`. *Shape:* (n_tokens,) each.
        """
        offsets = np.array(self.encoding.offsets, dtype=np.int64).reshape(-1, 2)
        codes = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        blank = _IS_BLANK[np.minimum(codes, _BEYOND)]
        places = np.arange(len(codes))
        # next_word[i]: the first character of a word at or after i; word_end[i]: the end of the last word before i
        next_word = np.minimum.accumulate(np.where(blank, len(codes), places)[::-1])[::-1]
        word_end = np.maximum.accumulate(np.where(blank, 0, places + 1))
        begins, ends = offsets.T
        return np.append(next_word, len(codes))[begins], np.append(0, word_end)[ends]
