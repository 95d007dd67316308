"""Old presentations (MS-PPT): the slides that are shown, each with its notes; nothing of their masters."""

from collections.abc import Iterator
from struct import error, unpack_from
from typing import NamedTuple

from spanwise.convert.extracted import one_line
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.office.legacy.ole import CompoundFile

_HEADER = 8  # bytes
_CONTAINER = 0xF
_ENCRYPTED = 0xF3D1C4DF
_USER_EDIT, _DIRECTORY = 0xFF5, 0x1772
_DOCUMENT, _SLIDE, _NOTES, _SLIDE_ATOM = 0x3E8, 0x3EE, 0x3F0, 0x3EF
_LIST, _LIST_ENTRY = 0xFF0, 0x3F3
_OUTLINE, _KIND, _WIDE, _NARROW = 0xF9E, 0xF9F, 0xFA0, 0xFA8
_SHOW, _HIDDEN = 0x3F9, 4
_SHAPE, _PLACEHOLDER = 0xF004, 0xBC3
_TITLES = {0, 6}
_OTHER = 4  # the kind of a text that does not say which it is
_FURNITURE = {7, 8, 9, 10, 11}  # date, slide number, footer, header, picture of the slide
_SHOWN = str.maketrans({"\x0b": "\n", "\r": "\n", "\xad": "", **dict.fromkeys(map(chr, range(9)), "")})
Text = tuple[int, str]  # its kind, itself


def convert_ppt(file: CompoundFile) -> BlockWriter | None:
    """
    Return the text of a presentation of PowerPoint 97 or later; slides are pages.

    :returns: None if it is encrypted, older, damaged or without text.
    """
    document, places = _persistent(file.stream("PowerPoint Document"), file.stream("Current User"))
    if document is None or document.kind != _DOCUMENT:
        return None
    writer, notes = BlockWriter(), dict(_notes(document, places))
    count = 0
    for entry, outline in _entries(document, 0):
        slide = places.pop(entry.number(0), None)  # each stands once
        if slide is None or slide.kind != _SLIDE:
            continue
        count += 1
        if any(record.kind == _SHOW and record.byte(10) & _HIDDEN for record in slide.children()):
            writer.begin_section("slide", "")
            continue
        _slide(writer, list(_texts(slide, outline)))
        atom = next((record for record in slide.children() if record.kind == _SLIDE_ATOM), None)
        for text in notes.pop(0 if atom is None else atom.number(16), ()):
            writer.paragraph(f"Notes: {text}")
    return writer if count and writer.text else None


class _Record(NamedTuple):
    """
    One record (MS-PPT 2.3.1).

    :param data: The stream that it stands in.
    :param kind: Its type.
    :param instance: What tells it from others of its type.
    :param is_container: Whether it holds records.
    :param start: Where its content begins, in bytes.
    :param end: Where it ends.
    """

    data: bytes
    kind: int
    instance: int
    is_container: bool
    start: int
    end: int

    def children(self) -> Iterator["_Record"]:
        """Yield the records directly inside."""
        at = self.start
        while (record := _record(self.data, at, self.end)) is not None:
            yield record
            at = record.end

    def inside(self) -> Iterator["_Record"]:
        """Yield the records inside, also those further down, in their order."""
        at = self.start
        while (record := _record(self.data, at, self.end)) is not None:
            yield record
            at = record.start if record.is_container else record.end

    def byte(self, at: int) -> int:
        return self.data[self.start + at] if self.start + at < self.end else 0

    def number(self, at: int) -> int:
        return int(unpack_from("<I", self.data, self.start + at)[0]) if self.start + at + 4 <= self.end else 0

    def text(self) -> str:
        return self.data[self.start : self.end].decode("utf-16-le" if self.kind == _WIDE else "latin-1", "replace")


def _record(data: bytes, at: int, end: int) -> _Record | None:
    """Return the record that begins at a byte; one that is longer than what holds it ends with that."""
    if at + _HEADER > end:
        return None
    version, kind, size = unpack_from("<2HI", data, at)
    return _Record(data, kind, version >> 4, version & 15 == _CONTAINER, at + _HEADER, min(at + _HEADER + size, end))


def _persistent(data: bytes, user: bytes) -> tuple[_Record | None, dict[int, _Record]]:
    """
    Return the document, and all that the file keeps by numbers, each as it was saved last.

    :param data: The stream of records.
    :param user: The stream that says where the last edit stands.
    :returns: None and nothing if it is encrypted or damaged.
    """
    places: dict[int, int] = {}
    seen: set[int] = set()
    try:
        token, edit = unpack_from("<2I", user, 12)
        root = 0
        while edit and edit not in seen and token != _ENCRYPTED:
            seen.add(edit)
            record = _record(data, edit, len(data))
            if record is None or record.kind != _USER_EDIT:
                return None, {}
            edit, directory, document = unpack_from("<3I", data, record.start + 8)
            root = root or document
            for number, place in _directory(data, directory, len(places)):
                places.setdefault(number, place)
    except error:
        return None, {}
    records = {number: _record(data, place, len(data)) for number, place in places.items()}
    found = {number: record for number, record in records.items() if record is not None}
    return found.get(root), found


def _directory(data: bytes, at: int, known: int) -> Iterator[tuple[int, int]]:
    record = _record(data, at, len(data))
    if record is None or record.kind != _DIRECTORY or known > len(data) // _HEADER:
        return
    at = record.start
    while at + 4 <= record.end:
        (packed,) = unpack_from("<I", data, at)
        number, count = packed & 0xFFFFF, min(packed >> 20, (record.end - at - 4) // 4)
        for place in range(count):
            yield number + place, unpack_from("<I", data, at + 4 + 4 * place)[0]
        at += 4 + 4 * count


def _slide(writer: BlockWriter, texts: list[Text]) -> None:
    title = next((text for text in texts if text[0] in _TITLES), (_OTHER, ""))
    writer.begin_section("slide", one_line(title[1]) or "")
    if title[1]:
        writer.paragraph(title[1])
        texts.remove(title)
    for _, text in texts:
        for line in text.split("\r"):
            writer.paragraph(line.translate(_SHOWN))


def _notes(document: _Record, places: dict[int, _Record]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each page of notes, as slides name it, with its texts."""
    for entry, outline in _entries(document, 2):
        page = places.pop(entry.number(0), None)
        if page is not None and page.kind == _NOTES:
            texts = [text.translate(_SHOWN).strip() for _, text in _texts(page, outline)]
            yield entry.number(12), list(filter(None, texts))


def _entries(document: _Record, which: int) -> Iterator[tuple[_Record, dict[int, Text]]]:
    """Yield each entry of a list of slides, with those of its texts that are kept there by their numbers."""
    for listed in document.children():
        if listed.kind != _LIST or listed.instance != which:
            continue
        found: list[tuple[_Record, dict[int, Text]]] = []
        for record in listed.children():
            outline = found[-1][1] if found else {}
            if record.kind == _LIST_ENTRY:
                found.append((record, {}))
            elif record.kind == _KIND:
                outline[len(outline)] = record.number(0), ""
            elif record.kind in {_WIDE, _NARROW} and outline:
                outline[len(outline) - 1] = outline[len(outline) - 1][0], record.text()
        yield from found


def _texts(page: _Record, outline: dict[int, Text]) -> Iterator[Text]:
    """Yield the texts of a page's shapes, in their order; each of those in the outline once, where it is shown."""
    kind, is_furniture = _OTHER, False
    for record in page.inside():
        if record.kind == _SHAPE:
            is_furniture = any(
                part.kind == _PLACEHOLDER and part.number(4) & 0xFF in _FURNITURE for part in record.inside()
            )
        elif is_furniture:
            continue
        elif record.kind == _OUTLINE:
            yield outline.pop(record.number(0), (_OTHER, ""))
        elif record.kind == _KIND:
            kind = record.number(0)
        elif record.kind in {_WIDE, _NARROW}:
            text = record.text()
            if text.strip() != "*":  # what a field shows
                yield kind, text
    yield from outline.values()
