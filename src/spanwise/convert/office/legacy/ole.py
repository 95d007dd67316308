"""Compound files (MS-CFB), in which Office kept its streams before 2007, and the title in them (MS-OLEPS)."""

import struct
from collections.abc import Sequence

from spanwise.convert.office.package import OLE_SIGNATURE

_SMALL_SECTOR = 64  # bytes
_ENTRY = struct.Struct("<64sH2B3I36x2I4x")  # name, its bytes, kind, color, left, right, child, first sector, size
_STORAGE, _STREAM = 1, 2
_DEEPEST = 3  # storages one inside the other
_CODE_PAGE, _TITLE, _SUBJECT = 1, 2, 3
_NARROW, _WIDE = 0x1E, 0x1F
_CODECS = {1200: "utf-16-le", 10000: "mac_roman", 10001: "cp932", 10007: "mac_cyrillic", 65001: "utf-8"}
_MOST_PROPERTIES = 1000


class CompoundFile:
    """
    The streams of a compound file; of one that is damaged, those that can still be read.

    >>> CompoundFile(b"no such file").stream("WordDocument")
    b''
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._table: Sequence[int] = ()
        self._small_table: Sequence[int] = ()
        self._small = b""
        self._streams: dict[str, tuple[int, int]] = {}
        if len(data) < 512 or not data.startswith(OLE_SIGNATURE):
            return
        shift, small_shift, directory, self._least, small_table = struct.unpack_from("<2H14xI4x2I", data, 30)
        if shift not in {9, 12} or 1 << small_shift != _SMALL_SECTOR:
            return
        self._size = 1 << shift
        self._table = _numbers(b"".join(map(self._sector, self._table_sectors())))
        listed = self._chain(directory)
        entries = list(_ENTRY.iter_unpack(listed[: len(listed) // _ENTRY.size * _ENTRY.size]))
        if entries:
            self._small = self._chain(entries[0][7])
            self._small_table = _numbers(self._chain(small_table))[: -(-len(self._small) // _SMALL_SECTOR)]
            self._list(entries)

    def stream(self, path: str) -> bytes:
        """
        Return a stream's bytes.

        :param path: Its name, after the names of the storages that hold it, with slashes; in any case of letters.
        :returns: b"" if there is no such stream, it is cut off, or its sectors make no chain.
        """
        start, size = self._streams.get(path.upper(), (0, 0))
        if not size:
            return b""
        found = self._chain(start) if size >= self._least else self._small_chain(start)
        return found[:size] if len(found) >= size else b""

    def title(self) -> str:
        """Return the title of the document, else its subject; "" if it has none, or none that can be read."""
        data = self.stream("\x05SummaryInformation")
        try:
            (start,) = struct.unpack_from("<I", data, 44)
            (count,) = struct.unpack_from("<I", data, start + 4)
            numbers = struct.unpack_from(f"<{2 * min(count, _MOST_PROPERTIES)}I", data, start + 8)
            places = {number: start + at for number, at in zip(numbers[::2], numbers[1::2], strict=True)}
            page = struct.unpack_from("<H", data, places[_CODE_PAGE] + 4)[0] if _CODE_PAGE in places else 1252
            texts = (_text(data, places[number], page) for number in (_TITLE, _SUBJECT) if number in places)
            return next(filter(None, texts), "")
        except (struct.error, LookupError):
            return ""

    def _sector(self, at: int) -> bytes:
        return self._data[(at + 1) * self._size : (at + 2) * self._size]

    def _chain(self, start: int) -> bytes:
        return b"".join(map(self._sector, _linked(self._table, start)))

    def _small_chain(self, start: int) -> bytes:
        places = (at * _SMALL_SECTOR for at in _linked(self._small_table, start))
        return b"".join(self._small[at : at + _SMALL_SECTOR] for at in places)

    def _table_sectors(self) -> list[int]:
        """Return where the table of sectors stands: no more of it than the file has sectors."""
        found = list(struct.unpack_from("<109I", self._data, 76))
        following, most = struct.unpack_from("<I", self._data, 68)[0], len(self._data) // self._size
        needed = -(-most * 4 // self._size)
        while following < most and len(found) < needed:
            *more, following = _numbers(self._sector(following)) or (most,)
            found += more or [most]
        return [at for at in found[:needed] if at < most]

    def _list(self, entries: Sequence[tuple[bytes, int, int, int, int, int, int, int, int]]) -> None:
        waiting, seen = [(entries[0][6], "")], set()
        while waiting:
            at, folder = waiting.pop()
            if at >= len(entries) or at in seen:
                continue
            seen.add(at)
            name, length, kind, _, left, right, child, start, size = entries[at]
            path = folder + name[: max(length - 2, 0)].decode("utf-16-le", "replace").upper()
            waiting += [(left, folder), (right, folder)]
            if kind == _STREAM:
                self._streams.setdefault(path, (start, size))
            elif kind == _STORAGE and folder.count("/") < _DEEPEST:
                waiting.append((child, f"{path}/"))


def _linked(table: Sequence[int], start: int) -> list[int]:
    """Return the sectors of a chain; none if it comes back to itself."""
    found: list[int] = []
    while start < len(table):
        found.append(start)
        if len(found) > len(table):
            return []
        start = table[start]
    return found


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


def _text(data: bytes, at: int, page: int) -> str:
    kind, size = struct.unpack_from("<2I", data, at)
    if kind not in {_NARROW, _WIDE}:
        return ""
    size, codec = (2 * size, "utf-16-le") if kind == _WIDE else (size, _CODECS.get(page, f"cp{page}"))
    return data[at + 8 : at + 8 + size].decode(codec, "replace").split("\0")[0].strip()
