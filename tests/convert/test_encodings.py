import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.convert.encodings import decode_html, decode_text
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
        bytes(range(1, 32)) * 10,
        b"\x01\x00\x02\x00\x03\x00\x04\x00",
        b"\x01\x00\x00\x00\x02\x00\x00\x00",
    ],
)
def test_binary_data_is_refused(data):
    with pytest.raises(ConversionError, match="binary data, not text"):
        decode_text(data)


RUSSIAN = "Библиотека закрывается в 19:30 по будням."
JAPANESE = "図書館は平日の午後七時に閉まります。"
CHINESE = "图书馆平日晚上七点关门。"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"text with a \0 in it", "text with a  in it"),
        (b"The chi\0mney\nis \0tall.\n!", "The chimney\nis tall.\n!"),
        (b"before the crash\n" + b"\0" * 4096 + b"after it\n", "before the crash\nafter it\n"),
        (b"caf\xe9 \0 \xe9t\xe9", "café  été"),
        (codecs.BOM_UTF16_LE + "a\0b".encode("utf-16-le"), "ab"),
    ],
)
def test_nuls_are_dropped_where_the_rest_is_text(data, text):
    assert decode_text(data) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["The port is 8443.\r\n", RUSSIAN * 3, JAPANESE + "\n" + JAPANESE, CHINESE + " 7\n"])
def test_wide_characters_without_a_mark(encoding, text):
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("cp866", RUSSIAN),
        ("cp1250", "Knihovna zavírá v 19:30 ve všední dny. Příliš žluťoučký kůň."),
        ("iso-8859-2", "Biblioteka jest zamykana o 19:30 w dni powszednie. Zażółć gęślą jaźń."),
        ("cp1253", "\u0397 βιβλιοθήκη κλείνει στις 19:30 τις καθημερινές."),
        ("cp1254", "Kütüphane hafta içi saat 19:30\u2019da kapan\u0131r. Şişli ğ \u0131."),
        ("cp1255", "הספרייה נסגרת בשבע בערב בימי חול."),
        ("cp1256", "تغلق المكتبة أبوابها في السابعة مساء."),
        ("cp874", "ห้องสมุดปิดเวลา 19:30 น. ในวันธรรมดา"),
        ("shift_jis", JAPANESE),
        ("euc-jp", JAPANESE),
        ("iso2022_jp", JAPANESE),
        ("gb18030", CHINESE),
        ("hz", CHINESE),
        ("big5", "圖書館平日晚上七點關門。"),
        ("euc-kr", "도서관은 평일 오후 7시에 문을 닫습니다."),
    ],
)
def test_an_encoding_that_nothing_declares_is_told_from_the_bytes(encoding, text):
    assert decode_text(text.encode(encoding)) == text
    assert decode_html(f"<p>{text}</p>".encode(encoding)) == f"<p>{text}</p>"


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("x-sjis", "cp932", "日本①"),
        ("windows-31j", "cp932", "日本①"),
        ("shift_jis", "cp932", "日本①"),
        ("x-gbk", "gb18030", "图书馆"),
        ("gb2312", "gb18030", "镕"),
        ("big5", "big5hkscs", "圖書館㗎嚟"),
        ("x-x-big5", "big5", "圖書館"),
        ("windows-949", "cp949", "도서관 똠"),
        ("ks_c_5601-1987", "cp949", "도서관"),
        ("iso-8859-8-i", "iso-8859-8", "הספרייה"),
        ("logical", "iso-8859-8", "הספרייה"),
        ("iso-8859-1", "cp1252", "“é”"),
        ("us-ascii", "cp1252", "“é”"),
        ("latin5", "cp1254", "Şişli"),
        ("tis-620", "cp874", "ห้อง"),
        ("dos-874", "cp874", "ห้อง"),
        ("x-cp1251", "cp1251", "Да"),
        ("koi", "koi8-u", "Да"),
        ("koi8-ru", "koi8-u", "Да"),
        ("x-mac-cyrillic", "mac-cyrillic", "Да"),
        ("x-mac-roman", "mac-roman", "é"),
        ("866", "cp866", "Да"),
        ("hz-gb-2312", "hz", "图书馆"),
        ("iso-2022-kr", "iso2022_kr", "도서관"),
        ("iso-2022-jp", "iso2022_jp", "図書館"),
    ],
)
def test_labels_are_those_of_the_standard(label, encoding, text):
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={label}"><p>'
    assert decode_html(head.encode() + text.encode(encoding)) == head + text


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="iso-8859-1">', "utf-8"),
        ('<meta charset="windows-1251">', "utf-8"),
        ('<?xml version="1.0" encoding="gb2312"?>', "utf-8"),
        ('<meta charset="utf-8">', "cp1252"),
        ('<meta charset="utf-16">', "utf-8"),
        ("<!-- <meta charset=koi8-r> --><meta charset=windows-1252>", "cp1252"),
        ("<script>'<meta charset=koi8-r>'</script><meta charset=windows-1252>", "cp1252"),
        ("<meta charset=no-such-thing>", "cp1252"),
    ],
)
def test_a_declaration_that_the_bytes_contradict(head, encoding):
    text = f"{head}<p>The manager of the Café Müller is Zoë."
    assert decode_html(text.encode(encoding)) == text


def test_damaged_utf8_stays_utf8_whatever_is_declared():
    page = b'<meta charset="windows-1252">' + "Größe, Höhe und Länge übrig ".encode() + b"\xff"
    assert decode_html(page).endswith("Größe, Höhe und Länge übrig \ufffd")


def test_text_about_html_declares_nothing():
    text = "Пишите <meta charset=iso-8859-1> в начале страницы, чтобы указать кодировку."
    assert decode_text(text.encode("cp1251")) == text
