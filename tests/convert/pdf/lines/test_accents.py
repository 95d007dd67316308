"""Accents that are characters of their own are put on the letters that they stand over."""

import pytest

from spanwise.convert.pdf.document import convert_pdf

FONT = (
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</BaseEncoding/WinAnsiEncoding/Differences"
    b"[1/dotlessi/acute/dieresis/cedilla/caron/circumflex]>>>>"
)


def read(content):
    """Read a PDF of one page with this content."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        FONT,
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, one) for number, one in enumerate(objects, 1))
    return convert_pdf(b"%PDF-1.5\n" + body + b"trailer\n<</Root 1 0 R/Size 6>>\n%%EOF").text


def line(shown):
    return b"BT /F1 12 Tf 72 700 Td [%s] TJ ET" % shown


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        # Before its letter, as TeX sets it, and where both the letter before and the one behind could have it.
        (rb"(Endre Szemer) -112 (\002) 445 (edi proved it)", "Endre Szemer\u00e9di proved it"),
        (rb"(the miners na) 28 (\003) 305 (\001vely agree)", "the miners na\u00efvely agree"),
        (rb"(Fran) -83 (\004) 416 (cois Pinard)", "Fran\u00e7ois Pinard"),
        (rb"(At ) -112 (\002) 445 (ecole it is)", "At \u00e9cole it is"),
        # Behind its letter.
        (rb"(Marius Pas) 416 (\004) -83 (ca came)", "Marius Pa\u015fca came"),
        # No such letter exists, or it stands over none.
        (rb"(where m) 583 (\006) 0 ( is large)", "where m\u02c6 is large"),
        (rb"(a quote\002 of a prime)", "a quote\u00b4 of a prime"),
    ],
)
def test_an_accent_and_its_letter_are_one(shown, expected):
    assert read(line(shown)) == expected


def test_code_stays_code():
    assert read(line(rb"(x = `ls ~a` ^ e` + n~ + a^)")) == "x = `ls ~a` ^ e` + n~ + a^"


def later(*accents):
    """What sets accents after the rest of a line, each at a place of its own."""
    return b" ".join(b"BT /F1 12 Tf %.2f 700 Td (%s) Tj ET" % (x, code) for x, code in accents)


def test_accents_behind_their_line():
    # The last letter of "Baudis" stands at 102.7, and is 6 points wide.
    content = line(b"(Baudis and others came)") + b" " + later((103.7, rb"\002"))
    assert read(content) == "Baudi\u015b and others came"


def test_an_accent_between_other_letters_leaves_no_space():
    first = b"BT /F1 12 Tf 72 700 Td (Herve J) Tj ET "
    rest = b" BT /F1 12 Tf 112.69 700 Td (egou wrote it) Tj ET"
    assert read(first + later((95.4 + 1.3, rb"\002")) + rest) == "Herv\u00e9 Jegou wrote it"


def test_a_word_divided_before_a_displaced_accent_is_joined():
    first = b"BT /F1 12 Tf 72 700 Td (Sackinger and others on verifi-) Tj ET "
    rest = b" BT /F1 12 Tf 72 686 Td (cation of signatures) Tj ET"
    found = read(first + later((72 + 8.0 + 1.3, rb"\003")) + rest)
    assert found == "S\u00e4ckinger and others on verification of signatures"
