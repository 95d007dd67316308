import re

import pytest

from scans import scanned
from spanwise.convert.limits import Limits, under
from spanwise.convert.pdf.document import convert_pdf
from spanwise.convert.pdf.unread import Unread, warning_of
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
    monkeypatch.setattr("spanwise.convert.pdf.document.can_read", lambda: True)
    monkeypatch.setattr("spanwise.convert.pdf.document.read_page", lambda page: "read")
    monkeypatch.setattr("spanwise.convert.pdf.document._OCR_SHARE", 0.0)
    with under(Limits(seconds=1)):
        found = convert_pdf(scanned("Typed.", None, "", None))
    assert found.text.split() == ["Typed."]
    assert found.warning == "pages 2, 4 not read: OCR took too long; allow it more with --limit seconds=NUMBER"


def test_only_pictures_that_nothing_could_read_want_ocr(monkeypatch):
    monkeypatch.setattr("spanwise.convert.pdf.document.can_read", lambda: False)
    assert convert_pdf(scanned("Typed.", None)).wants_ocr
    assert not convert_pdf(scanned("Typed.", "")).wants_ocr
