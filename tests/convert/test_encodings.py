import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.convert.encodings import decode_marked, decode_text
from spanwise.errors import ConversionError

MARKED = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
]
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff") | st.sampled_from("\n\r\t"))


@given(TEXTS)
def test_utf8_is_returned_as_it_is(text):
    # Letters in front keep short texts from looking like UTF-16.
    assert decode_text(("abc " + text).encode()) == "abc " + text


@pytest.mark.parametrize(("mark", "encoding"), MARKED)
@given(text=TEXTS)
def test_a_byte_order_mark_decides_and_goes(mark, encoding, text):
    # After UTF-16's mark, a NUL character would make it UTF-32's; texts have none.
    assert decode_text(mark + text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["The port is 8443.\r\n", "Порт по умолчанию 8443, если не указан иной.\n"])
def test_utf16_without_a_mark_is_told_by_its_zeros(encoding, text):
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize("ends", ["a\nb\n", "a\r\nb\r\n", "a\rb\r", "a\n\r\n\rb\x0cc"])
def test_line_ends_are_kept(ends):
    assert decode_text(ends.encode()) == ends


def test_only_one_mark_is_removed():
    assert decode_text(codecs.BOM_UTF8 * 2 + b"a") == "\ufeffa"


def test_windows_1252():
    text = "“Café” — 5 €, naïve"
    assert decode_text(text.encode("cp1252")) == text


def test_latin1_where_windows_1252_has_no_character():
    assert decode_text(b"caf\xe9 \x81") == "café \x81"


def test_a_damaged_byte_does_not_make_utf8_latin1():
    damaged = "Größe, Höhe und Länge: ".encode() + b"\xff" + " übrig".encode()
    assert decode_text(damaged) == "Größe, Höhe und Länge: \ufffd übrig"


def test_colored_logs_are_text():
    assert decode_text(b"\x1b[31merror\x1b[0m: disk full\n" * 3).startswith("\x1b[31merror")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"text with a \0 in it",
        bytes(range(1, 32)) * 10,
        b"\x01\x00\x02\x00\x03\x00\x04\x00",
        b"\x01\x00\x00\x00\x02\x00\x00\x00",
        codecs.BOM_UTF16_LE + b"a\x00\x00\x00b\x00",
    ],
)
def test_binary_data_is_refused(data):
    with pytest.raises(ConversionError, match="binary data, not text"):
        decode_text(data)


def test_unmarked_data_has_no_mark():
    assert decode_marked(b"plain") is None
