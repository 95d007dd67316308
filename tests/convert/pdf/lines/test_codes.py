import random

import pytest

from spanwise.convert.pdf.lines.codes import cleaned, is_encoded, is_garbled, tex_characters


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "The o\x1ecer signi\x1ces the \x1cnal \x1door plan and the e\x1bect.",
            "The officer signifies the final floor plan and the effect.",
        ),
        ("\x10Quoted\x11 1\x152", "\u201cQuoted\u201d 1\u20132"),
        ("o\x0ecer and e\x0bect and de\x0cne and \x0eshing", "officer and effect and define and ffishing"),
        ("plain", "plain"),
    ],
)
def test_tex_codes(given, expected):
    assert tex_characters([given]) == [expected]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("TToottaall price", "Total price"),
        ("\ufb01nal \uf0b7 item", "final \u2022 item"),
        ("F\uf761\uf76c\uf76b \uf731\uf739\uf730\uf732, Caf\uf7e9", "Falk 1902, Caf\u00e9"),
        ("aabb is a code, Mississippi a river", "aabb is a code, Mississippi a river"),
        ("112233 and 1100", "112233 and 1100"),
        ("nul\0 soft\u00adhyphen\u00a0space", "nul softhyphen space"),
    ],
)
def test_cleaned(given, expected):
    assert cleaned(given) == expected


LATIN = "The harbour master keeps the keys of the archive and opens it on Monday mornings for members. " * 5


@pytest.mark.parametrize(
    "text",
    [
        LATIN,
        "Přístav má strč prst skrz krk a čtvrt vlk zmrzl. Starosta otevírá archiv v pondělí ráno pro členy. " * 5,
        "港の管理人は保管庫の鍵を持っています。毎週月曜日の朝に開けます。" * 20,
        "1 204 3 077 12.5 % 9 999 " * 50,
        "x = f(a, b) + 2 * (c - d) / {e}; " * 30,
        "NRW BGB HGB StGB ZPO " * 2,
    ],
)
def test_text_is_not_garbled(text):
    assert not is_garbled([text])


def shifted(text):
    return "".join(chr(ord(letter) - 29) if letter.isalpha() else letter for letter in text)


def test_codes_are_garbled():
    numbers = random.Random(0)
    assert is_garbled(["".join(chr(numbers.randrange(0xE000, 0xF000)) for _ in range(500))])
    assert is_garbled(["\ufffd" * 300 + LATIN[:300]])
    consonants = "".join(letter if not letter.isalpha() else "bcdfgklm"[ord(letter) % 8] for letter in LATIN)
    assert is_garbled([consonants])


CODES = "".join(map(chr, [*range(0x0E, 0x20), 0x03, 0x05])) * 10


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (CODES, True),
        ("\x03".join(["7KH", "KDUERXU", "PDVWHU", "NHHSV", "WKH", "NH\\V"] * 20), True),  # each letter by 29 too low
        (CODES[:90], False),  # too short to tell
        (LATIN, False),
        (LATIN.replace("e", "\x02"), False),  # PDFium's mark of a division
        (LATIN.replace("e", "\r\n\t"), False),
        (LATIN.replace("the", "\x0b\x0b\x16\x17"), False),  # formulas among words
        ("o\x0ecer and e\x0bect and de\x0cne " * 10, False),
    ],
)
def test_pages_of_control_codes(page, expected):
    assert is_encoded(page) is expected
