import io

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from spanwise.convert.pdf.document import convert_pdf
from spanwise.errors import ConversionError
from spanwise.types import SourceText


def make_pdf(pages, title=None, encrypt=None):
    """A PDF with the given lines on each page."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=encrypt)
    if title is not None:
        canvas.setTitle(title)
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.drawString(72, 750 - 14 * number, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def test_pages_are_joined_by_form_feeds():
    extracted = convert_pdf(make_pdf([["One, line 1", "line 2"], ["Two"], ["Three"]]))
    assert extracted.text == "One, line 1\nline 2\n\fTwo\n\fThree"
    assert extracted.page_starts == (0, 20, 25)


def test_pages_without_text_keep_their_number():
    extracted = convert_pdf(make_pdf([[], ["Two"], [], ["Four"], []]))
    assert extracted.text == "\n\fTwo\n\f\n\fFour\n\f"
    source = SourceText("a.pdf", extracted.text, "", page_starts=extracted.page_starts)
    assert source.page_at(extracted.text.index("Two")) == 2
    assert source.page_at(extracted.text.index("Four")) == 4
    assert len(extracted.page_starts) == 5


def test_divided_words_are_joined():
    extracted = convert_pdf(make_pdf([["It is kept in the reposi-", "tory of the project."]]))
    assert extracted.text == "It is kept in the repository of the project."


def test_dot_leaders_are_shortened():
    assert convert_pdf(make_pdf([["2.1 Ports . . . . . . . . . . . 17"]])).text == "2.1 Ports ... 17"


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("The  Manual", "The Manual"),
        ("untitled", None),
        ("Microsoft Word - report.doc", None),
        ("report_final.tex", None),
        ("2024-01-01", None),
        ("Documents in Context", "Documents in Context"),
    ],
)
def test_title(given, title):
    assert convert_pdf(make_pdf([["text"]], title=given)).title == title


def test_encrypted():
    data = make_pdf([["secret"]], encrypt=StandardEncryption("user", "owner", strength=128))
    with pytest.raises(ConversionError, match="encrypted PDF: it needs a password; index it with --password"):
        convert_pdf(data)
    with pytest.raises(ConversionError, match="encrypted PDF: the password given is not its own"):
        convert_pdf(data, "wrong")
    assert convert_pdf(data, "user").text == "secret"
    assert convert_pdf(make_pdf([["open"]]), "user").text == "open"


def test_encrypted_for_a_certificate():
    data = make_pdf([["secret"]], encrypt=StandardEncryption("user", "owner", strength=128))
    assert b"/Filter /Standard" in data
    with pytest.raises(ConversionError, match="encrypted PDF: for a certificate"):
        convert_pdf(data.replace(b"/Filter /Standard", b"/Filter /Adobe.PubSec"))
    with pytest.raises(ConversionError, match="damaged file or not a PDF"):  # PDFium remembers the error before
        convert_pdf(b"")


def test_restricted_but_readable_without_a_password():
    data = make_pdf([["open"]], encrypt=StandardEncryption("", "owner", canCopy=0))
    assert convert_pdf(data).text == "open"


def test_no_text_on_any_page():
    with pytest.raises(ConversionError, match=r"no text on any of its 2 pages: scanned images\?.*'spanwise\[ocr\]'"):
        convert_pdf(make_pdf([[], []]))


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"<html>", b"\0" * 100, make_pdf([["cut"]])[:300]])
def test_damaged(data):
    with pytest.raises(ConversionError, match="damaged file or not a PDF"):
        convert_pdf(data)
