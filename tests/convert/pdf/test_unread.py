import io
import re

import pytest
from reportlab.pdfgen.canvas import Canvas

from scans import scanned
from spanwise.convert.limits import Limits, under
from spanwise.convert.pdf.document import convert_pdf
from spanwise.convert.pdf.ocr import Unread, warning_of
from spanwise.errors import ConversionError


def without_pages(data, *places):
    """The same PDF with pages whose objects are not where the page tree says, by their places from 0."""
    numbers = re.findall(rb"(\d+) 0 R", re.search(rb"/Kids \[([^\]]*)\]", data)[1])
    for place in places:
        data = data.replace(b"\n" + numbers[place] + b" 0 obj", b"\n" + b"9" * len(numbers[place]) + b" 0 obj")
    return data


def test_a_damaged_page_is_named_and_the_others_are_read():
    found = convert_pdf(without_pages(scanned("One.", "Two.", "Three."), 1))
    assert found.text == "One.\n\f\n\fThree."
    assert found.warning == "page 2 could not be read: it is damaged"
    assert not found.wants_ocr


def test_several_damaged_pages():
    found = convert_pdf(without_pages(scanned("One.", "Two.", "Three.", "Four."), 1, 2))
    assert found.warning == "pages 2-3 could not be read: they are damaged"


def test_all_pages_damaged():
    with pytest.raises(ConversionError, match="no text on any of its 2 pages: pages 1-2 could not be read"):
        convert_pdf(without_pages(scanned("One.", "Two."), 0, 1))


def test_many_pages_are_named_by_their_first():
    warning = warning_of([Unread.DAMAGED, None] * 12)
    assert warning == "pages 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 and 2 more could not be read: they are damaged"


def test_two_reasons():
    assert warning_of([Unread.PICTURE, None, Unread.DAMAGED]) == (
        "page 3 could not be read: it is damaged; "
        "1 of 3 pages have no text (scanned?): pip install 'spanwise[ocr]' reads scanned pages"
    )


def test_pages_that_ocr_has_no_time_for_are_named(monkeypatch):
    monkeypatch.setattr("spanwise.convert.pdf.ocr.can_read", lambda: True)
    monkeypatch.setattr("spanwise.convert.pdf.ocr.read_page", lambda page: "read")
    monkeypatch.setattr("spanwise.convert.pdf.document._OCR_SHARE", 0.0)
    with under(Limits(seconds=1)):
        found = convert_pdf(scanned("Typed.", None, "", None))
    assert found.text.split() == ["Typed."]
    assert found.warning == "pages 2, 4 not read: OCR took too long; allow it more with --limit seconds=NUMBER"


CODES = bytes(range(0x0E, 0x20)) * 10  # of a font that does not say what they show
GARBLED = "page 2 could not be read, as its fonts do not say which characters they show: pip install 'spanwise[ocr]'"


def with_codes(*texts):
    """A PDF with a page for each text; None is one of codes."""
    buffer, meanwhile = io.BytesIO(), "~" * len(CODES)
    canvas = Canvas(buffer, pageCompression=0)
    for text in texts:
        canvas.drawString(50, 300, meanwhile if text is None else text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue().replace(meanwhile.encode(), CODES)


def test_garbled_pages_are_named(monkeypatch):
    monkeypatch.setattr("spanwise.convert.pdf.ocr.can_read", lambda: False)
    found = convert_pdf(with_codes("Typed.", None, "More."))
    assert found.text == "Typed.\n\f\n\fMore."
    assert found.warning == f"{GARBLED} reads scanned pages"
    assert found.wants_ocr
    assert "pages 1, 3 could not be read, as their fonts" in convert_pdf(with_codes(None, "Typed.", None)).warning


def test_a_file_of_garbled_pages_is_refused(monkeypatch):
    monkeypatch.setattr("spanwise.convert.pdf.ocr.can_read", lambda: False)
    with pytest.raises(ConversionError, match="garbled text: its fonts do not say which characters they show"):
        convert_pdf(with_codes(None, "", None))


@pytest.mark.parametrize(
    ("seen", "text", "warning"),
    [("By eye.", "Typed.\n\fBy eye.", ""), ("", "Typed.\n\f", "page 2 could not be read: it is damaged")],
)
def test_garbled_pages_are_read_by_ocr(monkeypatch, seen, text, warning):
    monkeypatch.setattr("spanwise.convert.pdf.ocr.can_read", lambda: True)
    monkeypatch.setattr("spanwise.convert.pdf.ocr.read_page", lambda page: seen)
    found = convert_pdf(with_codes("Typed.", None))
    assert (found.text, found.warning, found.wants_ocr) == (text, warning, False)


def test_only_pictures_that_nothing_could_read_want_ocr(monkeypatch):
    monkeypatch.setattr("spanwise.convert.pdf.ocr.can_read", lambda: False)
    assert convert_pdf(scanned("Typed.", None)).wants_ocr
    assert not convert_pdf(scanned("Typed.", "")).wants_ocr
