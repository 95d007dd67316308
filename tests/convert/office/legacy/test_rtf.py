"""RTF: characters of fonts in code pages of their own, pictures, titles."""

import pytest

from spanwise.convert.office.legacy.rtf import rtf_title, with_unicode

FONTS = rb"{\fonttbl{\f0\fnil\fcharset0 A;}{\f1\fnil\fcharset%d{\*\panose 02}B;}}"


def rtf(charset, body, head=rb"\ansicpg1252"):
    return rb"{\rtf1\ansi" + head + rb"\deff0" + FONTS % charset + body + b"}"


def escaped(text, codec):
    return b"".join(b"\\'%02x" % byte for byte in text.encode(codec))


@pytest.mark.parametrize(
    ("charset", "codec", "words"),
    [
        (238, "cp1250", "\u017elu\u0165ou\u010dk\u00fd k\u016f\u0148"),
        (204, "cp1251", "\u041a\u0430\u043b\u0438\u0442\u043a\u0430"),
        (161, "cp1253", "\u03c0\u03cd\u03bb\u03b7"),
        (128, "cp932", "\u9580\u306f\u516d\u6642"),
    ],
)
def test_characters_are_those_of_their_font(converted, charset, codec, words):
    source = converted("a.rtf", rtf(charset, rb"\f1 " + escaped(words, codec) + rb" 8\par {\f0 caf\'e9}\par"))
    assert source.text.split() == [*words.split(), "8", "caf\u00e9"]


def test_the_second_half_of_a_character_may_be_a_letter(converted):
    assert "\u8868".encode("cp932") == b"\x95\\"
    assert "\u30a2\u30a4".encode("cp932") == b"\x83A\x83C"
    assert converted("a.rtf", rtf(128, b"\n".join([rb"\f1 \'83A\'83", rb"C x\par"]))).text.strip() == "\u30a2\u30a4 x"


def test_what_old_readers_show_instead_of_unicode_is_not_rewritten(converted):
    body = b"\n".join([rb"\f1\uc2\u38272\'96\'e5\u12399", rb"\'82\'cd\'98\'5a\u26178\'8e\'9e\par"])
    assert converted("a.rtf", rtf(128, body)).text.strip() == "\u9580\u306f\u516d\u6642"


def test_files_in_one_code_page_stay_as_they_are():
    for data in (rtf(0, rb"\f1 \'e9"), rtf(204, rb"\f1 \'e9", rb"\ansicpg1251"), rtf(204, rb"\f1 \'e9\bin1 x")):
        assert with_unicode(data) == data


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (rb"\'cc\'e5\'f2\'ee\'e4", "\u041c\u0435\u0442\u043e\u0434"),
        (rb"\u1052?\u1077\'e5", "\u041c\u0435"),
        (rb"Plain", "Plain"),
        (rb"Plain {\b bold}", ""),
    ],
)
def test_titles_are_decoded(title, shown):
    assert rtf_title(rtf(0, rb"{\info{\title " + title + rb"}{\author Falk}} x", rb"\ansicpg1251")) == shown


def test_a_title_and_no_word_for_a_picture(converted):
    picture = rb"{\pict\pngblip\picw10\pich10 89504e470d0a1a0a}"
    body = rb"{\info{\title Caf\'e9}}Before " + picture + rb"after.\par"
    source = converted("a.rtf", rtf(0, body))
    assert source.title == "Caf\u00e9"
    assert "[Image" not in source.text


def test_bytes_behind_the_end_are_no_text(converted):
    assert converted("a.rtf", rtf(0, rb"Port 8443\par") + b"\r\n\0").text.strip() == "Port 8443"
