"""The title in the properties of a compound file (MS-OLEPS)."""

import struct

from spanwise.convert.office.legacy.ole import CompoundFile

_CODE_PAGE, _TITLE, _SUBJECT = 1, 2, 3
_NARROW, _WIDE = 0x1E, 0x1F
_CODECS = {1200: "utf-16-le", 10000: "mac_roman", 10001: "cp932", 10007: "mac_cyrillic", 65001: "utf-8"}
_MOST_PROPERTIES = 1000


def summary_title(file: CompoundFile) -> str:
    """
    Return the title of a document, else its subject.

    :param file: The document.
    :returns: "" if it has none, or none that can be read.
    """
    data = file.stream("\x05SummaryInformation")
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


def _text(data: bytes, at: int, page: int) -> str:
    kind, size = struct.unpack_from("<2I", data, at)
    if kind not in {_NARROW, _WIDE}:
        return ""
    size, codec = (2 * size, "utf-16-le") if kind == _WIDE else (size, _CODECS.get(page, f"cp{page}"))
    return data[at + 8 : at + 8 + size].decode(codec, "replace").split("\0")[0].strip()
