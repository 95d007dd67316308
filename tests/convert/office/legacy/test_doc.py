"""Old Word documents, by their pieces and properties."""

import struct

import pytest

from compound import compound
from spanwise.convert.office.legacy.doc import convert_doc
from spanwise.convert.office.legacy.ole import CompoundFile

_PAGE = 512
_TEXT_AT = 1024
CELL, ROW_END = b"\x16\x24\x01", b"\x16\x24\x01\x17\x24\x01"  # in a table; and the end of a row
HIDDEN, DELETED, BOLD = b"\x3c\x08\x01", b"\x00\x08\x01", b"\x35\x08\x01"


def document(
    paragraphs, *, characters=(), notes=(), endnotes=(), comments="", boxes="", version=0xC1, flags=0, clx=None
):
    """
    Return a Word document.

    :param paragraphs: Each one's text, style's number and properties.
    :param characters: Words of the main text with their properties.
    :param notes: The text of each footnote, in the order of the marks.
    """
    main = "".join(text for text, *_ in paragraphs)
    parts = [main, "".join(notes), "Header\r", "", comments, "".join(endnotes), boxes, ""]
    marks = [at for at, character in enumerate(main) if character == "\x02"]
    edges = [_TEXT_AT + 2 * sum(len(text) for text, *_ in paragraphs[:at]) for at in range(len(paragraphs) + 1)]
    kept = [struct.pack("<H", style) + b"".join(properties) for _, style, *properties in paragraphs]
    runs = {_TEXT_AT: b""}
    for words, properties in characters:
        start = _TEXT_AT + 2 * main.index(words)
        runs |= {start: properties, start + 2 * len(words): b""}
    bounds = sorted(runs)
    pages = page_of_paragraphs(edges, kept) + page_of_characters(bounds, [runs[at] for at in bounds[:-1]])
    tables = {33: pieces(len("".join(parts))) if clx is None else clx, 13: numbers([0, 1, 3]), 12: numbers([0, 1, 4])}
    for number, texts, places in ((2, notes, marks[: len(notes)]), (46, endnotes, marks[len(notes) :])):
        if texts:
            tables[number] = numbers([*places, len(main)]) + b"\1\0" * len(texts)
            tables[number + 1] = numbers([*(sum(map(len, texts[:at])) for at in range(len(texts) + 1)), 0])
    fib, table = bytearray(_TEXT_AT), b"\0"
    struct.pack_into("<2H6xH", fib, 0, 0xA5EC, version, flags | 0x200)
    struct.pack_into("<8I", fib, 76, *map(len, parts))
    for number, data in tables.items():
        struct.pack_into("<2I", fib, 154 + 8 * number, len(table), len(data))
        table += data
    text = "".join(parts).encode("utf-16-le")
    assert len(text) <= _PAGE
    return compound({"WordDocument": bytes(fib) + text.ljust(_PAGE, b"\0") + pages, "1Table": table})


def numbers(values):
    return struct.pack(f"<{len(values)}I", *values)


def pieces(*lengths):
    """Return a table of pieces that follow each other."""
    positions = [sum(lengths[:at]) for at in range(len(lengths) + 1)]
    listed = b"".join(struct.pack("<HIH", 0, _TEXT_AT + 2 * at, 0) for at in positions[:-1])
    return b"\x02" + struct.pack("<I", 12 * len(lengths) + 4) + numbers(positions) + listed


def page_of_characters(edges, kept):
    return page(edges, [bytes([len(data)]) + data for data in kept], 1)


def page_of_paragraphs(edges, kept):
    odd = [
        bytes([(len(data) + 1) // 2]) + data if len(data) % 2 else bytes([0, len(data) // 2]) + data for data in kept
    ]
    return page(edges, odd, 13)


def page(edges, kept, step):
    """Return a page of properties: the bounds of its runs, where the properties of each stand, and these."""
    filled, place = bytearray(_PAGE), _PAGE - 2
    struct.pack_into(f"<{len(edges)}I", filled, 0, *edges)
    for at, data in enumerate(kept):
        place = (place - len(data)) // 2 * 2
        filled[place : place + len(data)] = data
        filled[4 * len(edges) + step * at] = place // 2
    filled[-1] = len(kept)
    return bytes(filled)


def test_paragraphs_headings_and_characters(converted):
    source = converted(
        "a.doc",
        document(
            [
                ("Care\r", 1),
                ("Oil\xa0it\x0bwell: a non\x1ebreaking hy\x1fphen, \x01\x08and \U0001f600.\r", 0),
                ("New page\x0cThe end.\r", 0),
            ]
        ),
    )
    assert source.text.split("\n\n") == [
        "Care",
        "Oil it\nwell: a non-breaking hyphen, and \U0001f600.",
        "New page",
        "The end.",
    ]
    assert source.section_at(source.text.index("Oil")) == ["Care"]


def test_fields_leave_their_results(converted):
    fields = "See \x13HYPERLINK \x13MERGEFIELD a\x14b\x15\x14page \x13PAGEREF x\x147\x15\x15 and\x13XE word\x15 go.\r"
    contents = "\x13TOC \\o\x14Care\t1\rUse\t2\r\x15Text \x13 that is no field.\r"
    text = converted("a.doc", document([(fields, 0), (contents, 0)])).text
    assert text == "See page 7 and go.\n\nCare 1\n\nUse 2\n\nText that is no field."
    assert "XE" not in text


def test_a_table_has_the_rows_of_the_file(converted):
    cells = [("Name\x07", 0, CELL), ("Price\x07", 0, CELL), ("\x07", 0, ROW_END)]
    cells += [("Rope\r", 0, CELL), ("thin\x07", 0, CELL), ("\x07", 0, CELL), ("\x07", 0, ROW_END)]
    cells += [("Ladder\x07", 0, CELL), ("149\x07", 0, CELL), ("\x07", 0, ROW_END)]
    source = converted("a.doc", document([("Prices\r", 0), *cells, ("End.\r", 0)]))
    assert source.text == "Prices\n\nName: Rope thin\nName: Ladder; Price: 149\n\nEnd."
    assert [part.kind for part in source.parts] == ["row", "row"]


def test_notes_stand_below_what_cites_them(converted):
    runs = [("It opens\x02 at six\x02.\r", 0), ("It closes\x02.\r", 0)]
    source = converted("a.doc", document(runs, notes=["\x02 At dawn.\r", "\x02 Sharp.\r"], endnotes=["\x02 Never.\r"]))
    assert source.text.split("\n\n") == [
        "It opens [1] at six [2].",
        "[1] At dawn.",
        "[2] Sharp.",
        "It closes [i].",
        "[i] Never.",
    ]


def test_text_boxes_are_read_but_no_headers_and_comments(converted):
    source = converted("a.doc", document([("Body.\r", 0)], comments="Really?\r", boxes="In a box.\r"))
    assert source.text == "Body.\n\nIn a box."


def test_what_is_hidden_or_deleted_is_left_out(converted):
    characters = [("9", DELETED), ("12", BOLD), (" or 70", HIDDEN), ("\x02", DELETED)]
    data = document([("It costs 912 or 70 Euro\x02.\r", 0)], characters=characters, notes=["\x02 Now.\r"])
    assert converted("a.doc", data).text == "It costs 12 Euro."


@pytest.mark.parametrize(
    "changed",
    [{"version": 0x65}, {"flags": 0x100}, {"clx": pieces(4_000_000)}, {"clx": pieces(3, 0, 2)}, {"clx": b"\x02\xff"}],
)
def test_what_does_not_fit_is_left_to_kreuzberg(changed):
    assert convert_doc(CompoundFile(document([("Body.\r", 0)]))).text == "Body."
    assert convert_doc(CompoundFile(document([("Body.\r", 0)], **changed))) is None


def test_pieces_that_share_their_text_do_not_unpack_to_more_than_the_file():
    lengths = [240] * 12
    table = bytearray(pieces(*lengths))
    for piece in range(len(lengths)):
        struct.pack_into("<I", table, 5 + 4 * (len(lengths) + 1) + 8 * piece + 2, _TEXT_AT)
    assert convert_doc(CompoundFile(document([("Body.\r", 0)], clx=bytes(table)))) is None
