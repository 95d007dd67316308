"""What an old Word document says of its characters and paragraphs (MS-DOC 2.9.33, 2.9.174)."""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator

from spanwise.convert.office.legacy.word_pieces import WordText

_PAGE = 512  # bytes
_CHARACTERS, _PARAGRAPHS = 12, 13
_DELETED, _HIDDEN = 0x0800, 0x083C
_IN_TABLE, _ROW_END, _HUGE = 0x2416, 0x2417, 0x6646
_SIZES = (1, 1, 2, 4, 2, 2, -1, 3)  # bytes of what follows, by the highest bits of a property's number
_LONG = 0xD608  # its size has two bytes
Runs = list[tuple[int, int, bytes]]


class ParagraphProperties:
    """
    What is known of each paragraph by its mark.

    :param word: The document.
    """

    def __init__(self, word: WordText) -> None:
        self._word = word
        self._runs = sorted(_runs(word, _PARAGRAPHS, _paragraph_properties))
        self._starts = [start for start, _, _ in self._runs]

    def at(self, position: int) -> tuple[int, bool, bool]:
        """
        Return the style's number, whether it stands in a table, and whether it ends a row.

        :param position: Of the paragraph's mark.
        """
        byte = self._word.byte(position)
        at = bisect_right(self._starts, byte) - 1
        if at < 0 or byte >= self._runs[at][1] or len(self._runs[at][2]) < 2:
            return 0, False, False
        properties = dict(_properties(self._runs[at][2][2:]))
        is_end = _is_set(properties, _ROW_END) or _HUGE in properties
        style = int.from_bytes(self._runs[at][2][:2], "little")
        return style, _is_set(properties, _IN_TABLE) or is_end, is_end


def unseen(word: WordText) -> Iterator[tuple[int, int]]:
    """Yield the first and the last byte but one of what is hidden or deleted in the stream of the text."""
    for start, end, found in _runs(word, _CHARACTERS, _character_properties):
        properties = dict(_properties(found))
        if _is_set(properties, _DELETED) or _is_set(properties, _HIDDEN):
            yield start, end


def _is_set(properties: dict[int, bytes], number: int) -> bool:
    return properties.get(number, b"")[:1] == b"\x01"


def _runs(word: WordText, index: int, properties: Callable[[bytes, int, int], bytes]) -> Runs:
    """Return the first byte, the end and the properties of each run that has some, of all pages of runs."""
    table = word.structure(index)
    count = (len(table) - 4) // 8
    pages = struct.unpack_from(f"<{count}I", table, 4 * (count + 1)) if count > 0 else ()
    found: Runs = []
    for number in sorted({page & 0x3FFFFF for page in pages}):
        page = word.stream[number * _PAGE : (number + 1) * _PAGE]
        if len(page) == _PAGE and 4 * page[-1] + 4 < _PAGE:
            bounds = struct.unpack_from(f"<{page[-1] + 1}I", page)
            for at in range(page[-1]):
                known = properties(page, page[-1], at)
                if known:
                    found.append((bounds[at], bounds[at + 1], known))
    return found


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
