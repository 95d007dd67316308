import zlib

import pytest

from spanwise.convert.pdf.objects import may_hold, object_streams

NOTE = b"<</Type/Annot/Subtype/FreeText>>"
LINK = b"<</Type/Annot/Subtype/Link>>"


def stream_of(packed):
    return b"9 0 obj <</Type/ObjStm/Filter/FlateDecode/First 4>> stream\n" + packed + b"\nendstream endobj\n"


@pytest.mark.parametrize(
    ("data", "may"),
    [
        (b"1 0 obj " + NOTE, True),
        (b"1 0 obj " + LINK, False),
        (stream_of(zlib.compress(b"1 0 " + NOTE)), True),
        (stream_of(zlib.compress(b"1 0 " + LINK)), False),
        (stream_of(zlib.compress(b"1 0 " + LINK)) + stream_of(b"damaged"), True),
        (b"1 0 obj " + LINK + b" trailer <</Encrypt 2 0 R>>", True),
    ],
)
def test_a_name_may_stand_in_whatever_cannot_be_unpacked(data, may):
    assert may_hold(b"/FreeText", data, list(object_streams(data))) is may
