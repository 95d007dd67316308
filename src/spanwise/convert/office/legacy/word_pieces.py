"""The text of an old Word document as its table of pieces puts it together (MS-DOC 2.4.1)."""

import struct
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise

from spanwise.convert.office.legacy.ole import CompoundFile

_WORD, _WORD_97 = 0xA5EC, 0xC1
_ENCRYPTED, _OTHER_TABLE = 0x100, 0x200
_CLX = 33
_NARROW = 0x40000000
_SECTIONS = ("main", "footnotes", "headers", "macros", "comments", "endnotes", "boxes", "header boxes")


@dataclass(frozen=True, slots=True)
class WordText:
    """
    The characters of a document, one for each position; those of two units of UTF-16 are two.

    :param text: All sections, one behind the other.
    :param sections: Where each begins and ends, by its name.
    :param stream: The stream that the text and its properties stand in.
    :param table: The stream of tables.
    :param pieces: For each piece: its first position, its first byte in `stream`, the bytes of a character.
    """

    text: str
    sections: dict[str, tuple[int, int]]
    stream: bytes
    table: bytes
    pieces: tuple[tuple[int, int, int], ...]

    def structure(self, index: int) -> bytes:
        """Return a structure of the table stream by its number in the list of them (FibRgFcLcb97)."""
        start, size = struct.unpack_from("<2I", self.stream, 154 + 8 * index)
        return self.table[start : start + size]

    def byte(self, position: int) -> int:
        """Return where a character begins in the stream."""
        first, start, width = self.pieces[bisect_right(self.pieces, (position, len(self.stream), 0)) - 1]
        return start + (position - first) * width


def word_text(file: CompoundFile) -> WordText | None:
    """
    Return the text of a document of Word 97 or later.

    :param file: The document.
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
    firsts = tuple((first, at, 1 if is_narrow else 2) for first, _, at, is_narrow in pieces)
    return WordText(text, sections, stream, table, firsts)


def _pieces(clx: bytes, most: int) -> list[tuple[int, int, int, bool]]:
    """
    Return the first position, the count of characters, the first byte and whether they are narrow, of each piece.

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
        (first, end - first, (place & 0x3FFFFFFF) // 2 if place & _NARROW else place, bool(place & _NARROW))
        for (first, end), place in zip(pairwise(positions), places, strict=True)
    ]


def _characters(stream: bytes, _: int, count: int, at: int, is_narrow: bool) -> str:
    data = stream[at : at + count * (1 if is_narrow else 2)]
    if is_narrow:
        if len(data) < count:
            raise struct.error
        return data.decode("cp1252", "replace")
    return "".join(map(chr, struct.unpack(f"<{count}H", data)))
