"""Old presentations: the slides that are shown."""

import struct

import pytest

from compound import compound

TITLE, BODY = 0, 1
FOOTER = 9
_TEMPLATE = "Click to edit Master text styles"


def record(kind, content, *, instance=0, is_container=False):
    return struct.pack("<2HI", instance << 4 | (15 if is_container else 0), kind, len(content)) + content


def text(kind, words):
    return record(0xF9F, struct.pack("<I", kind)) + record(0xFA0, words.encode("utf-16-le"))


def shape(content, placeholder=None):
    data = b"" if placeholder is None else record(0xBC3, struct.pack("<iB3x", 0, placeholder))
    parts = record(0xF011, data, is_container=True) + record(0xF00D, content, is_container=True)
    return record(0xF004, parts, is_container=True)


def page(kind, *shapes, notes=0, is_hidden=False):
    atom = record(0x3EF, struct.pack("<16xI4x", notes))
    show = record(0x3F9, struct.pack("<10xH4x", 4 if is_hidden else 0))
    return record(kind, atom + show + b"".join(shapes), is_container=True)


def entry(number, identity, *outline):
    return record(0x3F3, struct.pack("<5I", number, 0, 0, identity, 0)) + b"".join(outline)


def slides(*entries, instance=0):
    return record(0xFF0, b"".join(entries), instance=instance, is_container=True)


def presentation(*kept, stale=(), token=0xE391C05F, properties=b""):
    """Return a presentation that keeps records by numbers, the first of them the document; stale ones by none."""
    data, places = b"".join(stale), []
    for one in kept:
        places.append(len(data))
        data += one
    directory = record(0x1772, struct.pack(f"<{len(places) + 1}I", len(places) << 20 | 1, *places))
    edit = record(0xFF5, struct.pack("<5I8x", 0, 0, 0, len(data), 1))
    user = record(0xFF6, struct.pack("<3I8x", 20, token, len(data) + len(directory)))
    streams = {"PowerPoint Document": data + directory + edit, "Current User": user}
    return compound(streams | ({"\x05SummaryInformation": properties} if properties else {}))


def ladder():
    outline = [text(TITLE, "Ladders"), text(BODY, "Oil them.\rDry them.\x0bWell.")]
    document = slides(entry(3, 256, *outline), entry(4, 257), entry(6, 258))
    document += slides(entry(2, 2147483648, text(BODY, _TEMPLATE)), instance=1) + slides(entry(5, 300), instance=2)
    first = page(
        0x3EE,
        shape(record(0xF9E, struct.pack("<I", 1))),
        shape(record(0xF9E, struct.pack("<I", 0))),
        shape(text(4, "A box"), None),
        shape(text(4, "Falk Ltd."), FOOTER),
        shape(text(4, "*")),
        notes=300,
    )
    return [
        record(0x3E8, document, is_container=True),
        page(0x3F8, shape(text(TITLE, _TEMPLATE))),
        first,
        page(0x3EE, shape(text(4, "Secret")), is_hidden=True),
        page(0x3F0, shape(text(2, "Say it slowly."))),
        page(0x3EE, shape(text(TITLE, "Ropes")), shape(record(0xFA8, b"Thin ones"))),
    ]


def test_slides_are_pages_with_titles_and_notes_but_nothing_of_masters(converted):
    deleted = page(0x3EE, shape(text(TITLE, "Of an earlier edit")))
    source = converted("a.ppt", presentation(*ladder(), stale=[deleted]))
    first, _, third = (source.text[start:end].strip() for start, end in spans(source))
    assert first == "Ladders\n\nOil them.\n\nDry them.\nWell.\n\nA box\n\nNotes: Say it slowly."
    assert third == "Ropes\n\nThin ones"
    assert source.section_at(source.text.index("Thin")) == ["Ropes"]


def spans(source):
    return zip(source.page_starts, [*source.page_starts[1:], len(source.text)], strict=True)


def summary(title, page=1252):
    """Return the stream of properties with a title."""
    words = title.encode(f"cp{page}") + b"\0"
    values = struct.pack("<I2H2I", 2, page, 0, 0x1E, len(words)) + words
    section = struct.pack("<6I", len(values) + 24, 2, 1, 24, 2, 32) + values
    return struct.pack("<2HI16xI16xI", 0xFFFE, 0, 0, 1, 48) + section


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Ladders of 2031", "Ladders of 2031"),
        ("PowerPoint Presentation", None),
        ("No Slide Title", None),
        ("Aucun titre de diapositive", None),
        ("Ingen lysbildetittel", None),
        ("Slide 1", None),
    ],
)
def test_titles(converted, title, shown):
    assert converted("a.ppt", presentation(*ladder(), properties=summary(title))).title == shown


def test_a_title_in_another_code_page(converted):
    assert converted("a.ppt", presentation(*ladder(), properties=summary("Лестница", 1251))).title == "Лестница"
