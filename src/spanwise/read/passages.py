"""A passage's tokens, the characters they stand for, and the blocks in which an answer stands."""

import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spanwise.text.graphemes import clusters

if TYPE_CHECKING:
    from tokenizers import Encoding

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
# A line of these belongs with no other.
_ALONE = re.compile(
    r"""
    [ \t]* (?:
        \#{1,6} (?: [ \t] | $ )                    # a heading
      | \| | .* \S (?: [ ]\|[ ] | \t | [ ]{3,} ) \S # a row of cells: bars, tabs or columns between them
      | ([-=*_~+]) \1{2,} [ \t]* $                 # a rule, or what underlines a heading
      | `{3} | ~{3}                                # a fence around code
    )
    """,
    re.VERBOSE,
)
# A line of these begins what goes on in the lines below it.
_ITEM = re.compile(
    r"""
    [ \t]* (?:
        [-*+\u2013\u2014\u2022\u2023\u25aa\u25cb\u25cf\u25e6\u00b7] (?: [ \t] | $ )
      | \d{1,3} [.)] (?: [ \t] | $ )
      | \(? (?: \d{1,3} | [A-Za-z] | [ivx]{2,4} ) \) [ \t]
    )
    """,
    re.VERBOSE,
)
# After the end of a sentence: a numbered heading, or the number of a page or a heading alone.
_NUMBERED = re.compile(r"[ \t]* \d{1,4} (?:\.\d{1,3})* (?: [ \t]+ [^\W\d_a-z] [^.!?]* )? [ \t]* $", re.VERBOSE)
_SENTENCE_END = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f][\"')\]\u201d\u2019]* [ \t]* $", re.VERBOSE)
_BEGINS_ANEW = re.compile(r"[ \t]*[\"'(\u201c\u2018]?[^\W_a-z\u00df-\u00f6\u00f8-\u00ff]\S*")
ROOM = 0.85  # share of the longest line; a line that ends below it, though the next word had fitted, is no wrapped one
Offsets = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Entry c is whether chr(c) is whitespace; the last entry, the first beyond all whitespace, stands for the rest.
_BEYOND = 0x3001
_IS_BLANK = np.array([chr(code).isspace() for code in range(_BEYOND + 1)])
_ASCII_SAYS = np.array([*(chr(code).isalnum() for code in range(128)), False])  # and all others
_PICTURES = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f1e6-\U0001faff]")


def block_starts(text: str) -> list[int]:
    """
    Find where blocks begin, the first one left out.

    Blank lines, headings, rows and rules end a block on both sides, a list item ends the one before it. So does the end
    of a line that had room for the next word, where that has a capital letter or is a number: headings and rows without
    marks, as PDF files have them.

    :returns: Ascending offsets of the beginnings of lines.
    """
    if "\n" not in text and "\r" not in text:
        return []
    lines = [(match.start(), match[0].rstrip()) for match in _LINE.finditer(text)]
    width = max(len(line) for _, line in lines)
    starts = []
    before, alone = lines[0][1], _stands_alone(lines[0][1])
    for start, line in lines[1:]:
        was_alone, alone = alone, _stands_alone(line)
        numbered = _NUMBERED.match(line) is not None and _SENTENCE_END.search(before) is not None
        if alone or was_alone or numbered or _ITEM.match(line) is not None or _had_room(before, line, width):
            starts.append(start)
        before, alone = line, alone or numbered
    return starts


def _stands_alone(line: str) -> bool:
    return not line or _ALONE.match(line) is not None


def _had_room(line: str, following: str, width: int) -> bool:
    """Tell whether a line was ended before it was full, and something begins behind it."""
    word = _BEGINS_ANEW.match(following)
    return word is not None and line[-1] not in ",;-\u2013" and len(line) + 1 + len(word[0].strip()) < ROOM * width


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
        return list(self._encoding.offsets)

    @cached_property
    def word_ids(self) -> list[int | None]:
        """The number of the word that each token belongs to, as the tokenizer splits words."""
        return list(self._encoding.word_ids)

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
