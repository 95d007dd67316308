"""
The text of an old Word document, as its table of pieces puts it together, and what is said of it (MS-DOC).

See 2.4.1 there for the text, 2.9.33 and 2.9.174 for the properties of its characters and paragraphs.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from spanwise.convert.office.legacy.ole import CompoundFile

_WORD, _WORD_97 = 0xA5EC, 0xC1
_ENCRYPTED, _OTHER_TABLE = 0x100, 0x200
_CLX = 33
_NARROW = 0x40000000
_SECTIONS = ("main", "footnotes", "headers", "macros", "comments", "endnotes", "boxes", "header boxes")
_PAGE = 512  # bytes
_CHARACTERS, _PARAGRAPHS = 12, 13
_DELETED, _HIDDEN = 0x0800, 0x083C
_IN_TABLE, _ROW_END, _HUGE = 0x2416, 0x2417, 0x6646
_SIZES = (1, 1, 2, 4, 2, 2, -1, 3)  # bytes of what follows, by the highest bits of a property's number
_LONG = 0xD608  # its size has two bytes
_FIELD_MARK = re.compile("[\x13\x14\x15]")  # of its code, its result, its end


@dataclass(frozen=True)
class WordText:
    """
    The characters of a document, one for each position; those of two units of UTF-16 are two.

    :param text: All sections, one behind the other.
    :param sections: Where each begins and ends, by its name.
    :param stream: The stream that the text and its properties stand in.
    :param table: The stream of tables.
    :param pieces: For each piece: its first position, its first byte in `stream`, the bytes of a character, its end.
    """

    text: str
    sections: dict[str, tuple[int, int]]
    stream: bytes
    table: bytes
    pieces: list[tuple[int, int, int, int]]

    def structure(self, index: int) -> bytes:
        """Return a structure of the table stream by its number in the list of them (FibRgFcLcb97)."""
        start, size = struct.unpack_from("<2I", self.stream, 154 + 8 * index)
        return self.table[start : start + size]

    def byte(self, position: int) -> int:
        """Return where a character begins in the stream."""
        first, start, width, _ = self.pieces[bisect_right(self.pieces, (position, len(self.stream), 0)) - 1]
        return start + (position - first) * width

    def paragraph(self, position: int) -> tuple[int, bool, bool]:
        """
        Return a paragraph's style by its number, whether it stands in a table, and whether it ends a row.

        :param position: Of the paragraph's mark.
        """
        byte = self.byte(position)
        starts, runs = self._paragraphs
        at = bisect_right(starts, byte) - 1
        if at < 0 or byte >= runs[at][1] or len(runs[at][2]) < 2:
            return 0, False, False
        properties = dict(_properties(runs[at][2][2:]))
        is_end = _is_set(properties, _ROW_END) or _HUGE in properties
        style = int.from_bytes(runs[at][2][:2], "little")
        return style, _is_set(properties, _IN_TABLE) or is_end, is_end

    @cached_property
    def _paragraphs(self) -> tuple[list[int], list[tuple[int, int, bytes]]]:
        """The runs of paragraphs that have properties, and where they begin."""
        runs = sorted(self._runs(_PARAGRAPHS, _paragraph_properties))
        return [start for start, _, _ in runs], runs

    def unseen(self) -> Iterator[tuple[int, int]]:
        """Yield the first and the last byte but one of what is hidden or deleted in the stream of the text."""
        for start, end, found in self._runs(_CHARACTERS, _character_properties):
            properties = dict(_properties(found))
            if _is_set(properties, _DELETED) or _is_set(properties, _HIDDEN):
                yield start, end

    def _runs(self, index: int, properties: Callable[[bytes, int, int], bytes]) -> Iterator[tuple[int, int, bytes]]:
        """Yield the first byte, the end and the properties of each run that has some, of all pages of runs."""
        table = self.structure(index)
        count = (len(table) - 4) // 8
        pages = struct.unpack_from(f"<{count}I", table, 4 * (count + 1)) if count > 0 else ()
        for number in sorted({page & 0x3FFFFF for page in pages}):
            page = self.stream[number * _PAGE : (number + 1) * _PAGE]
            if len(page) == _PAGE and 4 * page[-1] + 4 < _PAGE:
                bounds = struct.unpack_from(f"<{page[-1] + 1}I", page)
                for at, (start, end) in enumerate(pairwise(bounds)):
                    known = properties(page, page[-1], at)
                    if known:
                        yield start, end, known


def word_text(file: CompoundFile) -> WordText | None:
    """
    Return the text of a document of Word 97 or later.

    :returns: None if it is encrypted, older, or its pieces do not fit.
    """
    stream = file.stream("WordDocument")
    try:
        magic, version, flags = struct.unpack_from("<2H6xH", stream)
        if magic != _WORD or version < _WORD_97 or flags & _ENCRYPTED:
            return None
        table = file.stream("1Table" if flags & _OTHER_TABLE else "0Table")
        lengths = struct.unpack_from("<8I", stream, 76)
        start, size = struct.unpack_from("<2I", stream, 154 + 8 * _CLX)
        pieces = _pieces(table[start : start + size], len(stream))
        text = "".join(_characters(stream, *piece) for piece in pieces)
    except struct.error:
        return None
    ends = list(accumulate(lengths))
    if not text or ends[0] > len(text):
        return None
    sections = dict(zip(_SECTIONS, pairwise([0, *ends]), strict=True))
    return WordText(text, sections, stream, table, pieces)


def _pieces(clx: bytes, most: int) -> list[tuple[int, int, int, int]]:
    """
    Return the pieces of a text that has no more than some characters.

    :raises struct.error: If they do not fit.
    """
    at = 0
    while clx[at : at + 1] == b"\x01":
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    mark, size = struct.unpack_from("<BI", clx, at)
    count = (min(size, len(clx) - at - 5) - 4) // 12
    if mark != 2 or count < 1:
        raise struct.error
    positions = struct.unpack_from(f"<{count + 1}I", clx, at + 5)
    places = [struct.unpack_from("<I", clx, at + 5 + 4 * (count + 1) + 8 * piece + 2)[0] for piece in range(count)]
    # Pieces that lie would unpack a small file to any size.
    if positions[0] or positions[-1] > most or any(before >= after for before, after in pairwise(positions)):
        raise struct.error
    return [
        (first, (place & 0x3FFFFFFF) // 2, 1, end) if place & _NARROW else (first, place, 2, end)
        for (first, end), place in zip(pairwise(positions), places, strict=True)
    ]


def _characters(stream: bytes, first: int, at: int, width: int, end: int) -> str:
    data = stream[at : at + (end - first) * width]
    codes = struct.unpack(f"<{end - first}{'H' if width == 2 else 's'}", data)
    return "".join(map(chr, codes)) if width == 2 else data.decode("cp1252", "replace")


def field_codes(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    r"""
    Yield each span that is a field's code, not its result; fields stand in fields, and one that does not end is none.

    >>> list(field_codes("see \x13PAGEREF a\x14page 7\x15.", 0, 24))
    [(4, 15)]
    """
    is_open: list[int | None] = []  # where each field's code begins, or None in its result
    for match in _FIELD_MARK.finditer(text, start, min(end, len(text))):
        if match[0] == "\x13":
            is_open.append(match.start())
            continue
        code = is_open.pop() if is_open else None
        if code is not None:
            yield code, match.end()
        if match[0] == "\x14":
            is_open.append(None)


def _is_set(properties: dict[int, bytes], number: int) -> bool:
    return properties.get(number, b"")[:1] == b"\x01"


def _character_properties(page: bytes, count: int, at: int) -> bytes:
    place = 2 * page[min(4 * (count + 1) + at, _PAGE - 1)]
    found = page[place + 1 : place + 1 + page[place]] if place else b""
    return found if b"\x00\x08" in found or b"\x3c\x08" in found else b""


def _paragraph_properties(page: bytes, count: int, at: int) -> bytes:
    place = 2 * page[min(4 * (count + 1) + 13 * at, _PAGE - 1)]
    if not place:
        return b""
    if page[place]:
        return page[place + 1 : place + 2 * page[place]]
    return page[place + 2 : place + 2 + 2 * page[place + 1]]


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number of each property with its bytes."""
    at = 0
    while at + 2 < len(data):
        number = int.from_bytes(data[at : at + 2], "little")
        size = _SIZES[number >> 13]
        at += 2
        if number == _LONG:
            size = int.from_bytes(data[at : at + 2], "little") + 1
        elif size < 0:
            size = data[at] + 1
        yield number, data[at : at + size]
        at += size
