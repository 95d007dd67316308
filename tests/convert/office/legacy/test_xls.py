"""Old workbooks: sheets that are hidden, and dates."""

import struct

from compound import compound

GENERAL, DATE, TIME = 0, 1, 2


def record(kind, content=b""):
    return struct.pack("<2H", kind, len(content)) + content


def workbook(**sheets):
    """Return a workbook; each sheet is whether it is hidden and its cells: text, or a number and its format."""
    begin = record(0x809, struct.pack("<4H2I", 0x600, 5, 0, 0, 0, 6))
    formats = b"".join(record(0xE0, struct.pack("<2H16x", 0, number)) for number in (0, 14, 21))
    bodies = [
        record(0x809, struct.pack("<4H2I", 0x600, 16, 0, 0, 0, 6)) + cells(values) for _, values in sheets.values()
    ]
    names = [(name.encode(), is_hidden) for name, (is_hidden, _) in sheets.items()]
    at = len(begin + formats + record(10)) + sum(12 + len(name) for name, _ in names)
    listed = b""
    for (name, is_hidden), body in zip(names, bodies, strict=True):
        listed += record(0x85, struct.pack("<I4B", at, is_hidden, 0, len(name), 0) + name)
        at += len(body)
    return compound({"Workbook": begin + formats + listed + record(10) + b"".join(bodies)})


def cells(values):
    written = b""
    for column, value in enumerate(values):
        if isinstance(value, str):
            written += record(0x204, struct.pack("<4HB", 0, column, 0, len(value), 0) + value.encode())
        else:
            written += record(0x203, struct.pack("<3Hd", 0, column, value[1], value[0]))
    return written + record(10)


def test_hidden_sheets_are_left_out(converted):
    data = workbook(Stock=(0, ["Rope", "Ladder"]), Secret=(1, ["Floor", "price"]), Deep=(2, ["Very", "hidden"]))
    source = converted("a.xls", data)
    assert "Rope | Ladder" in source.text
    assert not any(word in source.text for word in ("Secret", "Floor", "Deep", "Very"))


def test_dates_without_times_and_times_without_dates(converted):
    source = converted("a.xls", workbook(Stock=(0, ["Since", (48128.0, DATE), (0.25, TIME)])))
    assert source.text.endswith("Since | 2031-10-07 | 06:00:00")
