"""Old Word documents: their paragraphs, headings, tables, notes and text boxes."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from struct import unpack_from

from spanwise.convert.numerals import roman
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.office.legacy.ole import CompoundFile
from spanwise.convert.office.legacy.word import WordText, field_codes, word_text
from spanwise.convert.symbols import plain_symbols
from spanwise.convert.tables import Cell

_NOTES = {"footnotes": (2, 3), "endnotes": (46, 47)}  # where their marks and their texts are listed
_STRUCTURE = "\r\x07\x0c\x13\x14\x15"
_PARAGRAPH = re.compile(r"[^\r\x07\x0c\x0e]*(?:[\r\x07\x0c\x0e]|\Z)")
_SHOWN = str.maketrans(
    {**dict.fromkeys(map(chr, range(32)), ""), "\t": " ", "\n": "\n", "\x0b": "\n", "\x1e": "-", "\xad": ""}
)
_HIGHEST_HEADINGS = range(1, 10)  # the numbers of their styles
_CELL = "\x07"
_AUTOMATIC = "\x02"


def convert_doc(file: CompoundFile) -> BlockWriter | None:
    """
    Return the text of a document of Word 97 or later, notes below what cites them, text boxes at the end.

    :returns: None if it is encrypted, older, damaged or without text.
    """
    word = word_text(file)
    writer = None if word is None else _Document(word).written()
    return writer if writer is not None and writer.text else None


class _Document:
    """A document while it is written."""

    def __init__(self, word: WordText) -> None:
        self._writer = BlockWriter()
        self._word = word
        self._text = _seen(word)
        self._notes = sorted(note for kind in _NOTES for note in _notes(word, kind))
        self._places = [place for place, _, _ in self._notes]
        self._cited: list[tuple[str, str]] = []
        self._rows: list[list[Cell]] = []
        self._row: list[Cell] = []
        self._cell: list[str] = []

    def written(self) -> BlockWriter:
        for start, end in _paragraphs(self._text, *self._word.sections["main"]):
            mark = self._text[end - 1 : end]
            style, in_table, ends_row = self._word.paragraph(end - 1)
            if mark == _CELL:
                self._end_cell(self._marked(start, end), ends_row=ends_row)
            elif in_table:
                self._cell.append(self._marked(start, end))
            else:
                self._end_table()
                self._paragraph(style, self._marked(start, end))
        self._end_table()
        if not self._notes:
            self._plain("footnotes")
            self._plain("endnotes")
        self._plain("boxes")
        return self._writer

    def _end_cell(self, text: str, *, ends_row: bool) -> None:
        if not ends_row:
            self._row.append(Cell(" ".join(" ".join([*self._cell, text]).split())))
        elif self._row:
            self._rows.append(self._row)
            self._row = []
        self._cell = []

    def _end_table(self) -> None:
        rows, lines = [*self._rows, self._row] if self._row else self._rows, self._cell
        self._rows, self._row, self._cell = [], [], []
        if rows:
            self._writer.table(rows)
        for line in lines:
            self._writer.paragraph(line)
        self._write_notes()

    def _paragraph(self, style: int, text: str) -> None:
        if style in _HIGHEST_HEADINGS:
            self._writer.heading(style, text)
        else:
            self._writer.paragraph(text)
        self._write_notes()

    def _write_notes(self) -> None:
        for mark, text in self._cited:
            self._writer.paragraph(f"{mark} {text}" if mark else text)
        self._cited = []

    def _marked(self, start: int, end: int) -> str:
        """Return what is seen of a part of the main text, with the marks of the notes that it cites."""
        parts, at = [], start
        for note in range(bisect_left(self._places, start), bisect_left(self._places, end)):
            place, mark, (first, last) = self._notes[note]
            if self._text[place] == "\0":  # deleted, and the note with it
                continue
            parts += [_shown(self._text[at:place]), f" {mark}" if mark else ""]
            at = place
            shown = (_shown(self._text[inner:its_end]) for inner, its_end in _paragraphs(self._text, first, last))
            self._cited.append((mark, "\n".join(shown)))
        return "".join([*parts, _shown(self._text[at:end])])

    def _plain(self, section: str) -> None:
        for start, end in _paragraphs(self._text, *self._word.sections[section]):
            self._writer.paragraph(_shown(self._text[start:end]))


def _notes(word: WordText, kind: str) -> Iterator[tuple[int, str, tuple[int, int]]]:
    """Yield where each note is cited, its mark ("" for one that its author typed), and where its text stands."""
    marks, texts = (word.structure(index) for index in _NOTES[kind])
    count = (len(marks) - 4) // 6
    if count < 1 or len(texts) < 4 * (count + 1):
        return
    base, end = word.sections[kind]
    places, bounds = unpack_from(f"<{count}I", marks), unpack_from(f"<{count + 1}I", texts)
    number, written = 0, base
    for place, (first, last) in zip(places, pairwise(bounds), strict=True):
        if place >= word.sections["main"][1] or base + first < written or base + last > end or last < first:
            return
        written = base + last
        mark = ""
        if word.text[place] == _AUTOMATIC:
            number += 1
            mark = f"[{number}]" if kind == "footnotes" else f"[{roman(number)}]"
        yield place, mark, (base + first, base + last)


def _seen(word: WordText) -> str:
    """Return the text with a NUL for each character that is hidden, deleted or part of a field's code."""
    spans = [span for section in word.sections.values() for span in field_codes(word.text, *section)]
    spans += _hidden(word)
    parts, done = [], 0
    for start, end in _merged(spans):
        parts += [word.text[done:start], "\0" * (end - start)]
        done = end
    return "".join([*parts, word.text[done:]])


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield spans in their order, what two of them share in the first alone."""
    done = 0
    for start, end in sorted(spans):
        if end > done:
            yield max(start, done), end
            done = end


def _hidden(word: WordText) -> Iterator[tuple[int, int]]:
    """Yield each span of characters that are hidden or deleted; marks of paragraphs, cells and fields are in none."""
    by_byte = sorted((start, first, width, last) for first, start, width, last in word.pieces)
    starts = [start for start, *_ in by_byte]
    for start, end in _merged(word.unseen()):
        for byte, first, width, last in by_byte[max(bisect_right(starts, start) - 1, 0) : bisect_left(starts, end)]:
            begin = first + max(start - byte, 0) // width
            finish = min(first + (end - byte) // width, last)
            for match in re.finditer(rf"[^{_STRUCTURE}]+", word.text[begin:finish]):
                yield begin + match.start(), begin + match.end()


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _PARAGRAPH.finditer(text, start, min(end, len(text))):
        if match.end() > match.start():
            yield match.span()


def _shown(text: str) -> str:
    """Return a text as it is seen: without pictures' and fields' marks, with line breaks and hyphens."""
    text = text.translate(_SHOWN)
    if not text.isascii():
        text = plain_symbols(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    return text
