"""What is asked of PDFium with calls of our own is what pypdfium2's calls say."""

import io
from pathlib import Path

import numpy as np
import pytest
from pypdfium2 import PdfDocument
from reportlab.pdfgen.canvas import Canvas

from spanwise.convert.pdf.lines.characters import Numbers, Places, characters, opened
from spanwise.convert.pdf.lines.layout import boxes

SAMPLE = Path(__file__).parents[4] / "data" / "sample"


def document_of(*lines):
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for at, line in enumerate(lines):
        canvas.drawString(72 + 60 * (at % 7), 780 - 6 * (at // 7), line)
    canvas.showPage()
    canvas.save()
    return PdfDocument(buffer.getvalue())


@pytest.mark.parametrize("path", sorted(SAMPLE.rglob("*.pdf")), ids=lambda path: path.name)
def test_the_text_of_a_page(path):
    with PdfDocument(path) as document:
        for page in document:
            with opened(page) as text_page:
                text, has_places = characters(text_page)
            assert text == page.get_textpage().get_text_range()
            assert has_places == (0 < len(text) == page.get_textpage().count_chars())


def test_a_page_without_text_has_no_places():
    with document_of() as document:
        page = document[0]
        with opened(page) as text_page:
            assert characters(text_page) == ("", False)


def test_rectangles_of_a_page_with_many():
    with document_of(*(f"word{at}" for at in range(700))) as document:
        page = document[0]
        text = page.get_textpage()
        expected = [text.get_rect(at) for at in range(text.count_rects())]
        assert len(expected) == 700
        with opened(page) as text_page:
            found = boxes(text_page)
    assert found[:, [0, 3, 2, 1]].tolist() == [list(rectangle) for rectangle in expected]


def test_structures_of_some_places():
    import pypdfium2.raw as pdfium

    with document_of("A line of letters") as document:
        page = document[0]
        text = page.get_textpage()
        expected = [text.get_charbox(at, loose=True) for at in (3, 0, 8)]
        with opened(page) as text_page:
            left, top, right, bottom = Numbers("FPDFText_GetLooseCharBox", pdfium.FS_RECTF).of(text_page, [3, 0, 8]).T
    np.testing.assert_array_equal(np.stack([left, bottom, right, top], axis=1), expected)


def test_places_of_some_characters():
    with document_of("A line of letters") as document:
        page = document[0]
        with opened(page) as text_page:
            places = Places(text_page, "A line of letters")
            assert places.origins([3, 0, 8]).tolist() == [list(places.origin(at)) for at in (3, 0, 8)]
            assert places.lefts([3, 0, 8]).tolist() == [places.left(at) for at in (3, 0, 8)]
            assert places.lefts([]).tolist() == []
