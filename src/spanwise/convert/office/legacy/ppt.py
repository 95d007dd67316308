"""Old presentations: the slides that are shown, each with its notes; nothing of their masters."""

from collections.abc import Iterator, Mapping
from struct import unpack_from

from spanwise.convert.extracted import one_line
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.convert.office.legacy.ole import CompoundFile
from spanwise.convert.office.legacy.ppt_records import Record, children, inside, persistent

_DOCUMENT, _SLIDE, _NOTES, _SLIDE_ATOM = 0x3E8, 0x3EE, 0x3F0, 0x3EF
_LIST, _LIST_ENTRY = 0xFF0, 0x3F3
_OUTLINE, _KIND, _WIDE, _NARROW = 0xF9E, 0xF9F, 0xFA0, 0xFA8
_SHOW, _HIDDEN = 0x3F9, 4
_SHAPE, _PLACEHOLDER = 0xF004, 0xBC3
_TITLES = {0, 6}
_FURNITURE = {7, 8, 9, 10, 11}  # date, slide number, footer, header, picture of the slide
_SHOWN = str.maketrans({"\x0b": "\n", "\r": "\n", "\xad": "", **dict.fromkeys(map(chr, range(9)), "")})
Text = tuple[int, str]  # its kind, itself


def convert_ppt(file: CompoundFile) -> BlockWriter | None:
    """
    Return the text of a presentation of PowerPoint 97 or later; slides are pages.

    :param file: The document.
    :returns: None if it is encrypted, older, damaged or without text.
    """
    data = file.stream("PowerPoint Document")
    document, places = persistent(data, file.stream("Current User"))
    if document is None or document.kind != _DOCUMENT:
        return None
    writer, notes = BlockWriter(), dict(_notes(data, document, places))
    count = 0
    for entry, outline in _entries(data, document, 0):
        slide = places.pop(_number(data, entry, 0), None)  # each stands once
        if slide is not None and slide.kind == _SLIDE:
            count += 1
            if any(data[show.start + 10] & _HIDDEN for show in children(data, slide) if _is_show(show)):
                writer.begin_section("slide", "")
                continue
            _slide(writer, data, slide, outline)
            for text in notes.pop(_notes_number(data, slide), ()):
                writer.paragraph(f"Notes: {text}")
    return writer if count and writer.text else None


def _slide(writer: BlockWriter, data: bytes, slide: Record, outline: Mapping[int, Text]) -> None:
    texts = list(_texts(data, slide, dict(outline)))
    title = next((text for kind, text in texts if kind in _TITLES), "")
    writer.begin_section("slide", one_line(title) or "")
    if title:
        writer.paragraph(title)
        texts.remove(next(text for text in texts if text[0] in _TITLES))
    for _, text in texts:
        for line in text.split("\r"):
            writer.paragraph(line.translate(_SHOWN))


def _notes(data: bytes, document: Record, places: dict[int, Record]) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each page of notes, as slides name it, with its texts."""
    for entry, outline in _entries(data, document, 2):
        page = places.pop(_number(data, entry, 0), None)
        if page is not None and page.kind == _NOTES:
            texts = [text.translate(_SHOWN).strip() for _, text in _texts(data, page, dict(outline))]
            yield _number(data, entry, 12), list(filter(None, texts))


def _entries(data: bytes, document: Record, which: int) -> Iterator[tuple[Record, dict[int, Text]]]:
    """Yield each entry of a list of slides, with those of its texts that are kept there by their numbers."""
    for listed in children(data, document):
        if listed.kind != _LIST or listed.instance != which:
            continue
        entry, outline, kind = None, dict[int, Text](), 4
        for record in children(data, listed):
            if record.kind == _LIST_ENTRY:
                if entry is not None:
                    yield entry, outline
                entry, outline = record, {}
            elif record.kind == _KIND:
                kind = _number(data, record, 0)
                outline[len(outline)] = kind, ""
            elif record.kind in {_WIDE, _NARROW} and outline:
                outline[len(outline) - 1] = kind, _characters(data, record)
        if entry is not None:
            yield entry, outline


def _texts(data: bytes, page: Record, outline: dict[int, Text]) -> Iterator[Text]:
    """Yield the texts of a page's shapes, in their order; each of those in the outline once, where it is shown."""
    kind, is_furniture = 4, False
    for record in inside(data, page):
        if record.kind == _SHAPE:
            is_furniture = _is_furniture(data, record)
        elif is_furniture:
            continue
        elif record.kind == _OUTLINE:
            yield outline.pop(_number(data, record, 0), (4, ""))
        elif record.kind == _KIND:
            kind = _number(data, record, 0)
        elif record.kind in {_WIDE, _NARROW}:
            text = _characters(data, record)
            if text.strip() != "*":  # what a field shows
                yield kind, text
    yield from outline.values()


def _is_furniture(data: bytes, shape: Record) -> bool:
    placed = [record for record in inside(data, shape) if record.kind == _PLACEHOLDER]
    return any(_number(data, record, 4) & 0xFF in _FURNITURE for record in placed)


def _is_show(record: Record) -> bool:
    return record.kind == _SHOW and record.end - record.start > 10


def _characters(data: bytes, record: Record) -> str:
    codec = "utf-16-le" if record.kind == _WIDE else "latin-1"
    return data[record.start : record.end].decode(codec, "replace")


def _notes_number(data: bytes, slide: Record) -> int:
    return next((_number(data, atom, 16) for atom in children(data, slide) if atom.kind == _SLIDE_ATOM), 0)


def _number(data: bytes, record: Record, at: int) -> int:
    return int(unpack_from("<I", data, record.start + at)[0]) if record.start + at + 4 <= record.end else 0
