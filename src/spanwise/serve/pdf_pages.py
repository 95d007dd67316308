"""Pages of indexed PDFs as images, with the places of their words."""

import io
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from ctypes import byref, c_int
from functools import lru_cache
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any

from spanwise.convert.pdf.lines.functions import PDFIUM
from spanwise.serve.http.replies import RequestRefusedError
from spanwise.serve.library import Stored
from spanwise.types import SourceText

MOST_BYTES = 256 << 20
MOST_PIXELS = 6_000_000
MOST_CHARACTERS = 50_000
AROUND = 60  # characters on either side of words that stand several times, by which the right place is told
SURE = 8  # so many that are equal tell the right place; fewer may be chance, as around the cells of a table
_SHARES = 100_000  # a page is taken to be so many pixels wide and high, to tell places on it
_DOTTED = {"\u0131": "i", "\u0237": "j"}  # as TeX sets them under accents
_BEGIN, _END = re.compile(r"(?<!\w)(?<!\d[.,])"), re.compile(r"(?!\w)(?![.,]\d)")  # of a word or number
_WORD = re.compile("[^\\s\0\ufffe\uffff]+")

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in the PDF's own units, before the page is cropped and rotated."""
RelativeBox = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of the width and height of the page as it is shown."""


def page_image(stored: Stored, page: int, width: int) -> bytes:
    """
    Return a page as a PNG, drawn from the bytes that were indexed.

    :param page: 1-based.
    :param width: In pixels; less where the page is very long.
    :raises RequestRefusedError: If it has no such page, or is no PDF, or the file on disk is no longer the same.
    """
    with _drawn(stored, page) as drawn:
        across, down = drawn.get_size()
        scale = min(width / across, (MOST_PIXELS / (across * down)) ** 0.5)
        with closing(drawn.render(scale=scale)) as bitmap:
            picture = bitmap.to_pil()
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=3)
    return out.getvalue()


def page_words(stored: Stored, page: int, marked: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """
    Return the size of a page, its words with their boxes, and the boxes of ranges of the source text.

    :param marked: Offsets into the source text.
    :raises RequestRefusedError: If it has no such page, or is no PDF, or the file on disk is no longer the same.
    """
    with _drawn(stored, page) as drawn, closing(drawn.get_textpage()) as text_page:
        size = drawn.get_size()
        text, boxes = _characters(text_page)
        place = _placing(drawn)
        found = [
            {"start": start, "end": end, "boxes": _marks([boxes[at] for at in places], place)}
            for start, end in marked
            for places in [_raw(stored.source, page, start, end, text)]
        ]
        words = [{"text": word[0], "box": place(_around(boxes[slice(*word.span())]))} for word in _WORD.finditer(text)]
    return {"page": page, "width": size[0], "height": size[1], "words": words, "marked": found}


def can_draw(stored: Stored) -> bool:
    """Whether there is a file whose pages could be drawn."""
    has_pages = stored.source.page_starts is not None and stored.source.file.lower().endswith(".pdf")
    return has_pages and stored.path is not None


@contextmanager
def _drawn(stored: Stored, page: int) -> Iterator[Any]:
    """Open a page of a PDF, if that is still the file that was indexed."""
    import pypdfium2

    data = _data(stored, page)
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            msg = "the PDF is encrypted or damaged: its pages cannot be drawn"
            raise RequestRefusedError(404, msg) from error
        with document, closing(document[page - 1]) as drawn:
            yield drawn


def _data(stored: Stored, page: int) -> bytes:
    source, path = stored.source, stored.path
    if path is None:
        msg = f"{source.file} is not on a disk of this machine: its pages cannot be drawn here; its text is at hand"
        raise RequestRefusedError(404, msg)
    if not can_draw(stored) or not 1 <= page <= len(source.page_starts or ()):
        msg = f"{source.file} has no page {page} that can be drawn"
        raise RequestRefusedError(404, msg)
    try:
        status = path.stat()
        digest, data = _read(path, status.st_mtime_ns, status.st_size)
    except OSError:
        digest, data = "", b""
    if digest != source.sha256:
        msg = f"{source.file} on disk is no longer the file that was indexed; its text is as it was"
        raise RequestRefusedError(409, msg)
    return data


@lru_cache(2)
def _read(path: Path, _mtime_ns: int, size: int) -> tuple[str, bytes]:
    """Return the SHA-256 of a file with its bytes; neither of one that is too large."""
    if size > MOST_BYTES:
        return "", b""
    data = path.read_bytes()
    return sha256(data).hexdigest(), data


def _characters(text_page: Any) -> tuple[str, list[Box]]:
    """Return the characters of a page, as the PDF has them, each with its box."""
    from pypdfium2 import raw

    count = min(text_page.count_chars(), MOST_CHARACTERS)
    codes = [raw.FPDFText_GetUnicode(text_page, at) for at in range(count)]
    text = "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)
    return text, [text_page.get_charbox(at) for at in range(count)]


def _placing(drawn: Any) -> Callable[[Box], RelativeBox]:
    """Return what tells where a box stands on a page as it is drawn: cropped, and rotated."""
    from pypdfium2 import raw

    across, down = c_int(), c_int()

    def corner(x: float, y: float) -> tuple[float, float]:
        raw.FPDF_PageToDevice(drawn, 0, 0, _SHARES, _SHARES, 0, x, y, byref(across), byref(down))
        return across.value / _SHARES, down.value / _SHARES

    def place(box: Box) -> RelativeBox:
        lefts, tops = zip(corner(*box[:2]), corner(*box[2:]), strict=True)
        return min(lefts), min(tops), max(lefts), max(tops)

    return place


def _letters(text: str) -> tuple[str, list[int]]:
    """Return letters and digits, ligatures, accents and case undone: what no conversion changes; and their places."""
    found = [
        (letter, at)
        for at, character in enumerate(text)
        for letter in unicodedata.normalize("NFKD", _DOTTED.get(character, character)).casefold()
        if letter.isalnum()
    ]
    return "".join(letter for letter, _ in found), [at for _, at in found]


def _raw(source: SourceText, page: int, start: int, end: int, text: str) -> list[int]:
    """Return where the characters of a range of the source text stand on a page, which may be in another order."""
    starts = source.page_starts or (0,)
    begins, ends = starts[page - 1], [*starts, len(source.text)][page]
    stored = source.text[begins:ends]
    (ours, own), (theirs, drawn) = _letters(stored), _letters(text)
    first, last = bisect_left(own, start - begins), bisect_left(own, end - begins)
    if first >= last:
        return []
    mine, places = _standing(ours[first:last], ours, own, stored), _standing(ours[first:last], theirs, drawn, text)
    if not places:
        return []
    whole = mine[first]
    before, found = ([place for place, its in one.items() if its == whole] for one in (mine, places))
    same = found[before.index(first)] if len(before) == len(found) else None

    def fit(place: int) -> tuple[int, bool, bool, int]:
        agreed = _agreement(ours, theirs, first, last, place)
        return agreed if agreed >= SURE else 0, place == same, places[place] == whole, agreed

    best = max(places, key=fit)
    return drawn[best : best + last - first]


def _standing(words: str, letters: str, places: Sequence[int], text: str) -> dict[int, bool]:
    """Return where words stand among the letters of a text, and whether they are whole words or numbers there."""
    found: dict[int, bool] = {}
    at = letters.find(words)
    while at >= 0:
        begins, ends = places[at], places[at + len(words) - 1] + 1
        found[at] = None not in (_BEGIN.match(text, begins), _END.match(text, ends))
        at = letters.find(words, at + 1)
    return found


def _agreement(ours: str, theirs: str, first: int, last: int, place: int) -> int:
    """Return how many characters around two equal places are equal too, of `AROUND` on either side."""
    before = [text[max(0, at - AROUND) : at][::-1] for text, at in ((ours, first), (theirs, place))]
    after = [text[at : at + AROUND] for text, at in ((ours, last), (theirs, place + last - first))]
    return sum(
        1 for sides in (before, after) for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*sides, strict=False))
    )


def _marks(boxes: Sequence[Box], place: Callable[[Box], RelativeBox]) -> list[RelativeBox]:
    """Return the places of lines of characters, which run across the page either before or after it is rotated."""
    return min([place(line) for line in _lines(boxes)], _lines(map(place, boxes)), key=len)


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _lines(boxes: Iterable[Box]) -> list[Box]:
    """Return one box for each line of characters that follow one another."""
    lines: list[Box] = []
    for box in boxes:
        if lines and box[1] < lines[-1][3] and box[3] > lines[-1][1] and box[0] >= lines[-1][0]:
            lines[-1] = _around([lines[-1], box])
        else:
            lines.append(box)
    return lines
